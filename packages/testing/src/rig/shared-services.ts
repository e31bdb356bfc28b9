import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DockError } from '@dock/core';
import { withFileLock } from '../install/file-lock.js';
import type { EngineVersion } from '../install/package-sets.js';
import type { ProcessIdentity } from './process-identity.js';
import { defaultKind } from './engine-kinds.js';
import type { EngineStore, SharedRigEngine } from './rig-engine.js';
import type { SharedRigGitServer } from './rig-git-server.js';
import type { RegistryAuth, SharedRigRegistry } from './rig-registry.js';
import { engineFacade, startOwnedEngine } from './start-engine.js';
import { gitServerFacade, startOwnedGitServer } from './start-git-server.js';
import { registryFacade, startOwnedRegistry } from './start-registry.js';

/**
 * The engine of this kind that all test files of the run share: started by the first who asks, in whatever process, ended with the run. Name what you put into
 * it so that others do not meet it, and clean it up.
 *
 * @throws USAGE outside a run; as {@link startEngine}
 */
export async function sharedEngine(
  options: { readonly version?: EngineVersion; readonly store?: EngineStore } = {},
): Promise<SharedRigEngine> {
  const { version, store } = defaultKind(options);
  const description = await shared(`engine-${version}-${store}`, (owner) =>
    startOwnedEngine({ version, store }, owner),
  );
  return engineFacade(description);
}

/**
 * The registry of this kind that all test files of the run share.
 *
 * @throws USAGE outside a run; as {@link startRegistry}
 */
export async function sharedRegistry(
  options: { readonly auth?: RegistryAuth; readonly tls?: boolean } = {},
): Promise<SharedRigRegistry> {
  const { auth = 'none', tls = false } = options;
  const name = `registry-${auth}${tls ? '-tls' : ''}`;
  const description = await shared(name, (owner) => startOwnedRegistry({ auth, tls }, owner));
  return registryFacade(description);
}

/**
 * The git server that all test files of the run share; anyone may read.
 *
 * @throws USAGE outside a run; as {@link startGitServer}
 */
export async function sharedGitServer(): Promise<SharedRigGitServer> {
  return gitServerFacade(await shared('git', (owner) => startOwnedGitServer({}, owner)));
}

/** Runs `start` once per run; every later caller, in this or another process, reads what it returned. */
async function shared<Description>(
  name: string,
  start: (owner: ProcessIdentity) => Promise<{ readonly description: Description }>,
): Promise<Description> {
  const run = process.env.DOCK_RIG_DIR;
  if (run === undefined || !existsSync(run)) {
    throw new DockError('USAGE', `There is no test run whose "${name}" could be shared.`, {
      hint: 'Use the jest hooks of @dock/testing, or call startRigRun() first; startEngine() and its siblings need no run.',
    });
  }
  const stateFile = join(run, `${name}.json`);
  const read = () => JSON.parse(readFileSync(stateFile, 'utf8')) as Description;
  if (existsSync(stateFile)) return read();
  return withFileLock(join(run, `${name}.lock`), async () => {
    if (existsSync(stateFile)) return read();
    const { description } = await start(readFileSync(join(run, 'owner'), 'utf8'));
    writeFileSync(`${stateFile}.new`, JSON.stringify(description));
    renameSync(`${stateFile}.new`, stateFile);
    return description;
  });
}
