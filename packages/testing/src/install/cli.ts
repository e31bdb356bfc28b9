import { parseArgs } from 'node:util';
import { isDockError } from '@dock/core';
import { install } from './install.js';
import type { EngineVersion } from './package-sets.js';

const usage = `Usage: dock-testing install [--engine 20.10|26|all]

Unpacks Debian's packages of the engines, registry and tools that the rig runs into a cache outside the checkout
(DOCK_TESTING_CACHE, else ~/.cache/dock-testing). Needs root, starts no service, writes nowhere else.
`;

const choices: Readonly<Record<string, readonly EngineVersion[]>> = {
  '20.10': ['20.10'],
  '26': ['26'],
  all: ['20.10', '26'],
};

/** The command `dock-testing`. Progress goes to stderr, the directories to stdout. @returns the exit status */
export async function runInstallCommand(argv: readonly string[]): Promise<number> {
  try {
    const { positionals, values } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { engine: { type: 'string', default: 'all' }, help: { type: 'boolean', short: 'h' } },
    });
    if (values.help === true) {
      process.stdout.write(usage);
      return 0;
    }
    const engines = choices[values.engine];
    if (positionals.join(' ') !== 'install' || engines === undefined) {
      process.stderr.write(usage);
      return 2;
    }
    const trees = await install({ engines, log: (line) => process.stderr.write(`${line}\n`) });
    for (const tree of Object.values(trees)) process.stdout.write(`${tree}\n`);
    return 0;
  } catch (error) {
    if (isDockError(error)) {
      process.stderr.write(`${error.code}: ${error.message}\n${error.hint}\n`);
      return error.exitStatus;
    }
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return 2;
  }
}
