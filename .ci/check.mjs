// Everything that reads the code without running it.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkDocBlocks } from './doc-blocks.mjs';
import { root, tool } from './steps.mjs';

export function check() {
  tool('format', ['biome', 'format', '.']);
  tool('lint', ['oxlint', '--type-aware', '--deny-warnings']);
  tool('unused code', ['knip']);
  checkDocBlocks();
  const packages = readdirSync(join(root, 'packages'));
  for (const name of packages) {
    const cwd = join(root, 'packages', name);
    tool(`published files of ${name}`, ['publint', '--strict'], { cwd });
    tool(`types of ${name}`, ['attw', '--pack', '.', '--profile', 'esm-only', '--quiet'], { cwd });
  }
}

if (process.argv[1] === new URL(import.meta.url).pathname) check();
