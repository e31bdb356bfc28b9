import { DockError } from '@dock/core';
import { baseImage } from './base-image.js';
import { engineRequest } from './engine-request.js';
import type { RemoteBuilder } from './start-remote-builder.js';
import type { SharedRigEngine } from './rig-engine.js';

/** What `buildctl dial-stdio` does, for a BuildKit on the loopback of the machine. It says something on standard error too. */
const buildctl = `#!/bin/sh
[ "$1" = dial-stdio ] || { echo "unknown command $1" >&2; exit 1; }
echo "dialling $BUILDKIT_PORT" >&2
exec nc 127.0.0.1 "$BUILDKIT_PORT"
`;

/** A container that serves a BuildKit as those of buildx's driver `docker-container` do. */
export interface BuilderContainer {
  readonly name: string;
  /** Stop it; it can be started again. */
  halt(): Promise<void>;
  start(): Promise<void>;
  /** Remove it by force. Again is harmless. */
  remove(): Promise<void>;
}

/**
 * Start a container on an engine in which `buildctl dial-stdio` leads to a remote builder. buildx calls the container of a node `buildx_buildkit_<node>`.
 *
 * @throws DAEMON_ERROR when the engine refuses it
 */
export async function startBuilderContainer(
  engine: SharedRigEngine,
  name: string,
  { port }: Pick<RemoteBuilder, 'port'>,
): Promise<BuilderContainer> {
  const image = await baseImage(engine, { name: 'dock-rig-buildctl:1', files: { '/bin/buildctl': buildctl } });
  const ask = async (method: string, path: string, body?: unknown): Promise<void> => {
    const { status, text } = await engineRequest(engine.socketPath, method, path, body);
    if (status >= 400 && !(method === 'DELETE' && status === 404))
      throw new DockError('DAEMON_ERROR', `The engine answered ${status} to ${method} ${path}: ${text}`);
  };
  await ask('POST', `/containers/create?name=${name}`, {
    Image: image.reference,
    Cmd: ['sleep', '2147483'],
    Env: [`BUILDKIT_PORT=${port}`],
    HostConfig: { NetworkMode: 'host' },
  });
  await ask('POST', `/containers/${name}/start`);
  return {
    name,
    halt: () => ask('POST', `/containers/${name}/stop?t=0`),
    start: () => ask('POST', `/containers/${name}/start`),
    remove: () => ask('DELETE', `/containers/${name}?force=1&v=1`),
  };
}
