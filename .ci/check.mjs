// Everything that reads the code without running it.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkGenerated } from '../packages/buildkit/scripts/generate.mjs';
import { checkDocBlocks } from './doc-blocks.mjs';
import { pnpm, tool } from './steps.mjs';

/** The packages as they would be published. */
function checkPacked() {
  const directory = mkdtempSync(join(tmpdir(), 'dock-pack-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const quietly = { stdio: ['ignore', 'ignore', 2] };
  pnpm('pack', ['-r', '--filter', './packages/*', 'pack', '--pack-destination', directory], quietly);
  for (const name of readdirSync(directory)) {
    tool(`published files of ${name}`, ['publint', '--strict', join(directory, name)]);
    tool(`types of ${name}`, ['attw', '--profile', 'esm-only', '--quiet', join(directory, name)]);
  }
}

export function check() {
  checkGenerated();
  tool('format', ['biome', 'format', '.']);
  tool('lint', ['oxlint', '--type-aware', '--deny-warnings']);
  tool('unused code', ['knip']);
  checkDocBlocks();
  checkPacked();
}

if (process.argv[1] === new URL(import.meta.url).pathname) check();
