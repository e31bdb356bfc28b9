// Compile every package, bundle the command line, and hold the packages to their directions.
import { tool } from './steps.mjs';

export function build() {
  tool('compile', ['tsc', '-b', '--builders', '2', '--checkers', '1']);
  tool('bundle the command line', ['node', 'packages/cli/scripts/build.mjs']);
  tool('dependency directions', [
    'depcruise',
    '--config',
    '.dependency-cruiser.cjs',
    '--output-type',
    'err',
    'packages',
  ]);
}

if (process.argv[1] === new URL(import.meta.url).pathname) build();
