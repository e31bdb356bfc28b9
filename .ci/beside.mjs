// What may lie beside the checkout: inputs that people of other projects wrote, and the engines and programs that they are tried with.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  baseImage,
  buildImage,
  engineKinds,
  rigTool,
  startEngine,
  startRegistry,
} from '../packages/testing/dist/index.js';
import { root } from './steps.mjs';

/** dock's command of this checkout. */
export const dockEntry = join(root, 'packages/cli/bin/run.js');

/** The directory `../shared/NAME`; `undefined` where it is not. */
export function beside(name) {
  const path = join(root, '../shared', name);
  return existsSync(path) ? path : undefined;
}

/** The names under which the cases ask Docker Hub for images: one image serves them all. */
const hubNames = [
  'busybox',
  'busybox:stable',
  'busybox:stable-musl',
  'busybox:1.35',
  'alpine',
  'ubuntu',
  'debian',
  'golang',
];

/**
 * Starts an engine with a registry that stands in for Docker Hub, and lays out what its clients need; all of it ends with the call.
 *
 * @param name of the kind of engine: `20.10-classic`
 * @param use is given `{ engine, registry, kind, directory, docker, env }`: `docker` is the client of the engine's release, with buildx where it has it
 */
export async function withField(name, use) {
  const [kind] = engineKinds({ DOCK_TESTING_ENGINES: name });
  const directory = mkdtempSync(join(tmpdir(), 'dock-beside-'));
  const registry = await startRegistry({ isRecording: false });
  try {
    await baseImage(registry);
    const files = { '/etc/os-release': 'ID=busybox\n' };
    for (const hubName of hubNames)
      await baseImage(registry, { name: `library/${hubName}${hubName.includes(':') ? '' : ':latest'}`, files });
    const extraArgs = kind.version === 'podman' ? [] : [`--registry-mirror=http://${registry.host}`];
    const engine = await startEngine({ version: kind.version, store: kind.store, extraArgs });
    try {
      return await use({ kind, engine, registry, directory, ...clientsOf(kind.version, directory) });
    } finally {
      await engine.stop();
    }
  } finally {
    await registry.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The docker client of an engine's release, and the variables that it and dock are started with: a configuration of their own. */
function clientsOf(version, directory) {
  const release = version === 'podman' ? '28' : version;
  const config = join(directory, 'docker-config');
  mkdirSync(join(config, 'cli-plugins'), { recursive: true });
  writeFileSync(join(config, 'config.json'), '{}');
  if (release !== '20.10') symlinkSync(rigTool('docker-buildx', release), join(config, 'cli-plugins/docker-buildx'));
  return { docker: rigTool('docker', release), env: { ...process.env, DOCKER_CONFIG: config } };
}

/** What an engine can do without on a machine that has no packet filter, as the rig's own. */
const withoutBridge = '--bridge=none --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false';

/** The build image for the probes of the privileged runner. @returns its name */
export async function olderBuildImage(engine) {
  const files = { '/usr/local/sbin/dockerd': `#!/bin/sh\nexec /usr/sbin/dockerd ${withoutBridge} "$@"\n` };
  return (await buildImage(engine, { engine: '20.10', files })).reference;
}

/** Writes a program into a directory. @returns its path */
export function script(directory, name, lines) {
  const file = join(directory, name);
  writeFileSync(file, `${['#!/bin/sh', ...lines].join('\n')}\n`);
  chmodSync(file, 0o755);
  return file;
}
