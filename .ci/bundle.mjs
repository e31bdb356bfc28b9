// Packages that every run imports are shipped as one file, and a chunk for each part that is loaded later (docs/decisions/0008-bundled-packages.md).
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './steps.mjs';

const bundled = readdirSync(join(root, 'packages'))
  .map((name) => ({ path: join(root, 'packages', name), entries: entriesOf(join(root, 'packages', name)) }))
  .filter(({ entries }) => entries.length > 0);

/** The entries of a package that its exports look for in dist/bundle. */
function entriesOf(path) {
  const { exports } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
  return Object.values(exports).flatMap((entry) => /^\.\/dist\/bundle\/(.*)$/.exec(entry.default ?? '')?.[1] ?? []);
}

/** What nobody but the package itself sees goes in, for the parts that are used; everything else stays a package, so that all share one copy. */
const inlined = new Set(['simple-git', 'tapable', 'zod']);

/** simple-git's parts that are CommonJS call require for what Node brings. */
const banner = {
  js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
};

/** @type {import('esbuild').Plugin} simple-git writes what it does through debug, which nobody of dock's users has asked for. */
const withoutDebug = {
  name: 'without-debug',
  setup(bundle) {
    bundle.onResolve({ filter: /^debug$/ }, () => ({ path: 'debug', namespace: 'without-debug' }));
    bundle.onLoad({ filter: /.*/, namespace: 'without-debug' }, () => ({
      contents:
        'module.exports = () => Object.assign(() => undefined, { enabled: false, extend: module.exports });module.exports.formatters = {};',
    }));
  },
};

await Promise.all(
  bundled.map(async ({ path, entries }) => {
    const { dependencies = {} } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
    const outdir = join(path, 'dist', 'bundle');
    rmSync(outdir, { recursive: true, force: true });
    await build({
      entryPoints: entries.map((entry) => join(path, 'dist', entry)),
      outdir,
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      external: Object.keys(dependencies)
        .filter((name) => !inlined.has(name))
        .flatMap((name) => [name, `${name}/*`]),
      plugins: [withoutDebug],
      ...(Object.keys(dependencies).some((name) => inlined.has(name)) ? { banner } : {}),
      minifySyntax: true,
      minifyWhitespace: true,
      lineLimit: 160,
      sourcemap: true,
      sourcesContent: false,
      logLevel: 'warning',
    });
  }),
);
