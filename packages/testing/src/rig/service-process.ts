import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DockError } from '@dock/core';
import { lastLines, startDetached } from './detached-process.js';
import { systemPath } from './engine-namespace.js';
import { startTicks } from './process-identity.js';
import type { ServiceDirectory } from './service-directory.js';
import { waitUntil } from './wait-until.js';

/** The programs of the rig that run as processes of their own, so that a test which blocks (`execFileSync`) does not block them. */
export type ServiceProgram = 'registry-front' | 'git-server';

// The same place from `src/rig` and from `dist/rig`: a process cannot run the sources.
const scripts: Readonly<Record<ServiceProgram, () => URL>> = {
  'registry-front': () => new URL('../../dist/rig/registry-front-main.js', import.meta.url),
  'git-server': () => new URL('../../dist/rig/git-server-main.js', import.meta.url),
};

/**
 * Starts `dist/rig/<program>-main.js` detached, with its options as JSON in an argument, and waits for the JSON state that it writes to `<name>.state.json`.
 *
 * @throws COMMAND_NOT_FOUND when the package is not built, TIMEOUT with the last lines of its log when it does not come up
 */
export async function startServiceProcess<State>(
  program: ServiceProgram,
  service: ServiceDirectory,
  options: unknown,
): Promise<{ readonly pid: number; readonly state: State }> {
  const script = fileURLToPath(scripts[program]());
  if (!existsSync(script)) {
    throw new DockError('COMMAND_NOT_FOUND', `"${script}" is missing: @dock/testing is not built.`, {
      hint: 'Build the repository first: npm run build.',
    });
  }
  const stateFile = join(service.path, `${program}.state.json`);
  const logFile = join(service.path, `${program}.log`);
  const { pid } = startDetached(process.execPath, [script, stateFile, JSON.stringify(options)], {
    env: { PATH: process.env.PATH ?? systemPath, HOME: service.path, ...service.marks },
    logFile,
    cwd: service.path,
  });
  await waitUntil(
    () => {
      if (startTicks(pid) === undefined) throw new Error(`${program} ended at once:\n${lastLines(logFile)}`);
      return existsSync(stateFile);
    },
    { timeoutMs: 20_000, subject: `the start of ${program}`, details: () => lastLines(logFile) },
  );
  return { pid, state: JSON.parse(readFileSync(stateFile, 'utf8')) as State };
}
