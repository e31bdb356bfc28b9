// Many builds, a third of them failing at random points; nothing may grow: `npm run soak [-- api|cli|session ...] [--builds N] [--seed N]`.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setup } from './setup.mjs';
import { root } from './steps.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { builds: { type: 'string' }, seed: { type: 'string', default: '1' } },
});
setup('26');
const { fullSoak, soak } = await import(join(root, 'packages', 'cli', 'bench', 'soak.mjs'));
const unknown = positionals.filter((name) => fullSoak[name] === undefined);
if (unknown.length > 0)
  throw new Error(`no such soak: ${unknown.join(', ')}; there are ${Object.keys(fullSoak).join(', ')}`);
const names = positionals.length > 0 ? positionals : Object.keys(fullSoak);
const builds = values.builds === undefined ? undefined : Number(values.builds);
if (!(await soak(names, { builds, seed: Number(values.seed) }))) process.exitCode = 1;
