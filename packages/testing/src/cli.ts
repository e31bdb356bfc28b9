import { parseArgs } from 'node:util';
import { isDockError } from '@dock/core';
import { defaultEngines, install } from './install/install.js';
import { findLeftovers, sweep } from './rig/sweep.js';
import { type PackageSetName, packageSets } from './install/package-sets.js';

const usage = `Usage: dock-testing install [--engine 20.10|26|28|all]
       dock-testing leftovers
       dock-testing sweep

install

  Unpacks Debian's packages of the engines, registry and tools that the rig runs into a cache outside the checkout
  (DOCK_TESTING_CACHE, else ~/.cache/dock-testing). Needs root, starts no service, writes nowhere else. "all" is 20.10
  and 26; 28 and podman come from Debian's testing suite, which moves, so they are installed only by name.
leftovers
  Lists processes, directories and control groups of services whose owner is gone; status 1 when there are any.
sweep
  Ends and removes them.
`;

const choices: Readonly<Record<string, readonly PackageSetName[]>> = {
  ...Object.fromEntries(Object.values(packageSets).map(({ engine }) => [engine, [engine]])),
  all: defaultEngines,
};

/** The command `dock-testing`. Progress goes to stderr, results to stdout. @returns the exit status */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
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
    const [command = '', ...others] = positionals;
    if (others.length > 0 || engines === undefined || !['install', 'leftovers', 'sweep'].includes(command)) {
      process.stderr.write(usage);
      return 2;
    }
    if (command !== 'install') return reportLeftovers(command);
    const installed = await install({ engines, log: (line) => process.stderr.write(`${line}\n`) });
    for (const { directory } of installed) process.stdout.write(`${directory}\n`);
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

function reportLeftovers(command: string): number {
  const { processes, directories, controlGroups } = command === 'sweep' ? sweep() : findLeftovers();
  const lines = [
    ...processes.map(({ pid, command: program, service }) => `process ${String(pid)} of ${service}: ${program}`),
    ...directories.map((path) => `directory ${path}`),
    ...controlGroups.map((path) => `control group ${path}`),
  ];
  for (const line of lines) process.stdout.write(`${line}\n`);
  return command === 'leftovers' && lines.length > 0 ? 1 : 0;
}
