import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DockError } from '@dock/core';
import { type EngineVersion, packageSetOf } from '../install/package-sets.js';
import { installedTree } from '../install/tool-wrappers.js';
import { hasSysResource, writeRuntimeWrapper } from './runtime-wrapper.js';
import { daemonCommand } from './daemon-command.js';
import { defaultKind } from './engine-kinds.js';
import { EngineDaemon } from './engine-daemon.js';
import { openEngineNamespace } from './engine-namespace.js';
import type { ProcessIdentity } from './process-identity.js';
import type { EngineOptions, EngineStore, RigEngine, SharedRigEngine } from './rig-engine.js';
import { endService, makeServiceDirectory, rigRoot } from './service-directory.js';
import { runCommand } from '../install/run-command.js';

/**
 * Starts a private engine: own socket, own data root, own mount and pid namespace, nothing on the network but loopback.
 *
 * @throws COMMAND_NOT_FOUND with the remedy when it is not installed, USAGE without root, INVALID_OPTION for a store that the version lacks,
 * TIMEOUT with the daemon's last lines when it does not come up
 */
export async function startEngine(options: EngineOptions = {}): Promise<RigEngine> {
  return (await startOwnedEngine(options)).service;
}

/** {@link startEngine} for an owner other than this process. */
export async function startOwnedEngine(
  options: EngineOptions,
  owner?: ProcessIdentity,
): Promise<{ readonly service: RigEngine; readonly description: EngineDescription }> {
  const { version, store } = defaultKind(options);
  if (store === 'containerd' && (version === '20.10' || version === 'podman')) {
    throw new DockError('INVALID_OPTION', `Engine "${version}" has no containerd store.`, {
      hint: 'Ask for version "26" or "28".',
    });
  }
  const tree = installedTree(version);
  if (process.getuid?.() !== 0) {
    throw new DockError('USAGE', 'Only root can start an engine.', { hint: 'Run the tests as root.' });
  }
  const service = makeServiceDirectory(`e${version.slice(0, 3).replace('.', '')}`, owner);
  try {
    const dataRoot = join(service.path, 'data');
    mkdirSync(dataRoot, { mode: 0o711 });
    writeFileSync(join(service.path, 'daemon.json'), JSON.stringify(daemonConfig(store, options)));
    const namespace = await openEngineNamespace(version, service, rigRoot());
    if (options.dataRootBytes !== undefined) {
      const busybox = busyboxOf(version, tree);
      const size = `size=${String(options.dataRootBytes)}`;
      const inside = ['--target', String(namespace.pid), '--mount', '--root', '--wd=/', '--'];
      await runCommand('nsenter', [...inside, busybox, 'mount', '-t', 'tmpfs', '-o', size, 'tmpfs', dataRoot]);
    }
    const args = [...runtimeArgs(service.path, version, tree), ...(options.extraArgs ?? [])];
    const daemon = new EngineDaemon({
      namespace,
      service,
      command: daemonCommand({ version, tree, service, args }),
      env: options.env ?? {},
      timeoutMs: options.timeoutMs ?? 30_000,
    });
    await daemon.start();
    const description: EngineDescription = { version, store, directory: service.path };
    const engine: RigEngine = {
      ...engineFacade(description),
      get pid() {
        return daemon.pid;
      },
      isRunning: () => daemon.isRunning(),
      kill: () => daemon.kill(),
      restart: async () => {
        await daemon.kill();
        await daemon.start();
      },
      stop: () => endService(service.path),
    };
    return { service: engine, description };
  } catch (error) {
    await endService(service.path);
    throw error;
  }
}

/** What another process needs to use an engine. */
export interface EngineDescription {
  readonly version: RigEngine['version'];
  readonly store: EngineStore;
  readonly directory: string;
}

/** An engine from its description. */
export function engineFacade(engine: EngineDescription): SharedRigEngine {
  const socketPath = join(engine.directory, 'docker.sock');
  const etcDocker = join(engine.directory, 'etc-docker');
  return {
    version: engine.version,
    store: engine.store,
    socketPath,
    host: `unix://${socketPath}`,
    dataRoot: join(engine.directory, 'data'),
    logFile: join(engine.directory, 'dockerd.log'),
    etcDocker,
    trust: (registry, caFile) => {
      mkdirSync(join(etcDocker, 'certs.d', registry), { recursive: true });
      copyFileSync(caFile, join(etcDocker, 'certs.d', registry, 'ca.crt'));
    },
  };
}

function daemonConfig(store: EngineStore, options: EngineOptions): Record<string, unknown> {
  const features = { ...(store === 'containerd' ? { 'containerd-snapshotter': true } : {}) };
  return { features, ...options.config };
}

/** Flags for the runtime that the engine needs here; none when it can have runc as it is. */
function runtimeArgs(directory: string, version: EngineVersion, tree: string): string[] {
  const withoutSysResource = !hasSysResource();
  const isPodman = version === 'podman';
  if (!withoutSysResource && !isPodman) return [];
  const file = join(directory, 'rig-runc');
  const runc = join(packageSetOf(version).isRoot ? '/' : tree, 'usr/sbin/runc');
  const parent = isPodman ? { podmanParent: `/${basename(directory)}` } : {};
  writeRuntimeWrapper(file, { busybox: busyboxOf(version, tree), runc }, { withoutSysResource, ...parent });
  return isPodman ? ['--runtime', file] : ['--add-runtime', `rig=${file}`, '--default-runtime', 'rig'];
}

/** The path of busybox as the engine's namespace sees it. */
function busyboxOf(version: EngineVersion, tree: string): string {
  return packageSetOf(version).isRoot ? '/usr/bin/busybox' : join(tree, 'bin/busybox');
}
