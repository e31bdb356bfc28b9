import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import type { DaemonCommand } from './daemon-process.js';
import { enginePlaces, type InnerEngineSettings } from './inner-engine-settings.js';

/** Whether dockerd gets a containerd that dock has started; a flag of the user names another, or a namespace of one. */
export function needsContainerd({ engineArgs }: InnerEngineSettings): boolean {
  return !engineArgs.some((each) => each.startsWith('--containerd'));
}

/**
 * containerd with the directories that dockerd would give one of its own, so that the data fits both. A dockerd that looks after its own looks whether that
 * has ended once in a second only.
 */
export async function prepareContainerd(
  { dataRoot }: InnerEngineSettings,
  env: DaemonCommand['env'],
): Promise<DaemonCommand> {
  const { containerdConfig: config, containerd: address, execRoot } = enginePlaces;
  await mkdir(dirname(config), { recursive: true, mode: 0o711 });
  await writeFile(
    config,
    [
      'version = 2',
      `root = ${JSON.stringify(join(dataRoot, 'containerd', 'daemon'))}`,
      `state = ${JSON.stringify(join(execRoot, 'containerd', 'daemon'))}`,
      'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
      '[grpc]',
      `  address = ${JSON.stringify(address)}`,
      '',
    ].join('\n'),
  );
  return { program: 'containerd', args: ['--config', config], env };
}

/** Whether something takes connections at a unix socket. */
export function isListening(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
