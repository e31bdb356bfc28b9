// Packages that every run imports are shipped as one file, and a chunk for each part that is loaded later (docs/decisions/0008-bundled-packages.md).
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { build } from 'esbuild';
import { standIns } from './stand-ins.mjs';
import { root } from './steps.mjs';
import { packagesInside, writeNotices } from './third-party.mjs';

const esbuild = realpathSync(join(root, 'node_modules', 'esbuild'));

const bundled = readdirSync(join(root, 'packages'))
  .map((name) => ({ path: join(root, 'packages', name), entries: entriesOf(join(root, 'packages', name)) }))
  .filter(({ entries }) => entries.length > 0);

/** The entries of a package that its exports look for in dist/bundle. */
function entriesOf(path) {
  const { exports } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
  return Object.values(exports).flatMap((entry) => /^\.\/dist\/bundle\/(.*)$/.exec(entry.default ?? '')?.[1] ?? []);
}

/** Types of it are seen outside; what runs of it is inside, for the parts that are used (docs/decisions/0008-bundled-packages.md). */
const typesOnly = new Set(['zod']);

/** Parts that are CommonJS call require for what Node brings. */
const banner = {
  js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
};

/** Where esbuild's own file lies in a package that starts it: it refuses to be part of a bundle. */
const esbuildFile = './esbuild/lib/main.js';

/** @type {import('esbuild').Plugin} esbuild as it is, without its package, whose install script is for other package managers than those of today. */
const besideEsbuild = {
  name: 'beside-esbuild',
  setup(bundle) {
    bundle.onResolve({ filter: /^esbuild$/ }, () => ({ path: esbuildFile, external: true }));
    bundle.onEnd(({ metafile }) => {
      const files = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
      if (files.includes(esbuildFile)) copyEsbuild(bundle.initialOptions.outdir);
    });
  },
};

function copyEsbuild(outdir) {
  mkdirSync(join(outdir, dirname(esbuildFile)), { recursive: true });
  copyFileSync(join(esbuild, 'lib', 'main.js'), join(outdir, esbuildFile));
  writeFileSync(join(outdir, 'esbuild', 'package.json'), '{"type":"commonjs"}\n');
}

const thirdParty = await Promise.all(
  bundled.map(async ({ path, entries }) => {
    const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
    const outdir = join(path, 'dist', 'bundle');
    rmSync(outdir, { recursive: true, force: true });
    const { metafile } = await build({
      entryPoints: entries.map((entry) => join(path, 'dist', entry)),
      outdir,
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      external: Object.keys(dependencies)
        .filter((name) => !typesOnly.has(name))
        .flatMap((name) => [name, `${name}/*`]),
      plugins: [standIns, besideEsbuild],
      ...(Object.keys(devDependencies).some((name) => !name.startsWith('@')) ? { banner } : {}),
      metafile: true,
      minifySyntax: true,
      minifyWhitespace: true,
      lineLimit: 160,
      sourcemap: true,
      sourcesContent: false,
      logLevel: 'warning',
    });
    const inside = packagesInside(metafile, root);
    return existsSync(join(outdir, esbuildFile)) ? [...inside, esbuild] : inside;
  }),
);
for (const [index, { path }] of bundled.entries()) {
  const inside = thirdParty[index];
  // The parts of a job, which @dock/api ships, are made of all.
  const all = basename(path) === 'api' ? thirdParty.flat() : inside;
  if (all.length > 0) writeNotices(path, all);
}
