// What every job of a build container needs of dock is bundled once, as chunks beside @dock/api: a job bundles its config only
// (docs/decisions/0026-prebuilt-parts-of-a-job.md).
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { standIns } from './stand-ins.mjs';
import { root } from './steps.mjs';

const api = join(root, 'packages', 'api');
const outdir = join(api, 'dist', 'bundle', 'inside');
const bundling = join(root, 'packages', 'build-container', 'dist', 'bundling');
const { packageSum } = await import(join(bundling, 'prebuilt.js'));
const { insideBundleOptions, neverInside } = await import(join(bundling, 'bundle-options.js'));

const manifestOf = (name) =>
  JSON.parse(readFileSync(join(root, 'packages', name.slice('@dock/'.length), 'package.json'), 'utf8'));
const { dependencies } = manifestOf('@dock/api');
const packages = Object.keys(dependencies);

/** What a config, a plugin or the job itself may import. */
const specifiers = [
  '@dock/api/inside-build',
  ...packages.flatMap((name) =>
    Object.keys(manifestOf(name).exports)
      .filter((each) => each !== './package.json')
      .map((each) => name + each.slice(1)),
  ),
];
const modules = Object.fromEntries(
  specifiers.map((specifier) => [specifier, `${specifier.slice('@dock/'.length).replaceAll('/', '-')}.js`]),
);

/** @type {import('esbuild').Plugin} A job is bundled where the run was started: esbuild is not in it. */
const withoutEsbuild = {
  name: 'without-esbuild',
  setup(bundle) {
    bundle.onResolve({ filter: /^\.\/esbuild\/lib\/main\.js$/ }, ({ path }) => ({
      path,
      namespace: 'without-esbuild',
    }));
    bundle.onLoad({ filter: /.*/, namespace: 'without-esbuild' }, () => ({
      contents: "export function build() { throw new Error('Nothing is bundled inside a build container.'); }",
    }));
  },
};

rmSync(outdir, { recursive: true, force: true });
mkdirSync(outdir, { recursive: true });
await build({
  ...insideBundleOptions,
  entryPoints: specifiers.map((specifier) => ({ in: specifier, out: modules[specifier].slice(0, -'.js'.length) })),
  absWorkingDir: api,
  outdir,
  splitting: true,
  chunkNames: 'chunk-[hash]',
  external: neverInside,
  plugins: [standIns, withoutEsbuild],
  minifySyntax: true,
  minifyWhitespace: true,
  lineLimit: 160,
  logLevel: 'warning',
});
const sums = {};
for (const name of ['@dock/api', ...packages])
  sums[name] = await packageSum(join(root, 'packages', name.slice('@dock/'.length)));
writeFileSync(join(outdir, 'modules.json'), `${JSON.stringify({ modules, sums }, undefined, 2)}\n`);
