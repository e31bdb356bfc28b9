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
      // zod goes in, for the parts that are used; everything else stays a package, so that all share one copy.
      external: Object.keys(dependencies)
        .filter((name) => name !== 'zod')
        .flatMap((name) => [name, `${name}/*`]),
      minifySyntax: true,
      sourcemap: true,
      sourcesContent: false,
      logLevel: 'warning',
    });
  }),
);
