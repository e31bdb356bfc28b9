import type { BuildOptions } from 'esbuild';
import { places } from '../protocol.js';

/** How code is bundled that runs inside a build container. */
export const insideBundleOptions = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  loader: { '.node': 'empty' },
  // As the config loader of the command line: no tsconfig of the project has a say.
  tsconfigRaw: '{}',
  banner: {
    js: "import{createRequire as __dockRequire}from'node:module';const require=__dockRequire(import.meta.url);",
  },
  // CommonJS packages may ask where they are.
  define: { __dirname: JSON.stringify(places.bundle), __filename: JSON.stringify(`${places.bundle}/main.js`) },
  legalComments: 'none',
  charset: 'utf8',
} as const satisfies BuildOptions;

/** What dock itself imports lazily and never inside: esbuild, by its name from the sources, and as it lies beside the packed package. */
export const neverInside = ['esbuild', '*/esbuild/lib/main.js'];
