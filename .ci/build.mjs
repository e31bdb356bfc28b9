// Compile every package, bundle what starts often, and hold the packages to their directions.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root, tool } from './steps.mjs';

export function build() {
  tool('compile', ['tsc', '-b', '--builders', '2', '--checkers', '1']);
  tool('bundle the packages', ['node', '.ci/bundle.mjs']);
  tool('bundle the parts of a job', ['node', '.ci/bundle-inside.mjs']);
  tool('bundle the command line', ['node', 'packages/cli/scripts/build.mjs']);
  const sources = readdirSync(join(root, 'packages')).map((name) => `packages/${name}/src`);
  tool('dependency directions', [
    'depcruise',
    '--config',
    '.dependency-cruiser.cjs',
    '--output-type',
    'err',
    ...sources,
  ]);
}

if (process.argv[1] === new URL(import.meta.url).pathname) build();
