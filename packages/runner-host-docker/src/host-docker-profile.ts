import type { BuildContainerProfile, ContainerShape } from '@dock/build-container';
import { DockError } from '@dock/core';
import type { EngineSecurity } from '@dock/engine';
import type { HostDockerOptions } from './host-docker-options.js';

/** The socket, inside. */
const insideSocket = '/var/run/docker.sock';

/** Where an engine's socket is unless somebody says otherwise. */
const usualSocket = '/var/run/docker.sock';

/** A build container with the engine's socket. */
export function hostDockerProfile(options: HostDockerOptions): BuildContainerProfile {
  let socketPath = options.socketPath ?? usualSocket;
  return {
    name: 'host-docker',
    options,
    async shape({ containers, description }, { signal }): Promise<ContainerShape> {
      socketPath = options.socketPath ?? containers.socketPath ?? usualSocket;
      return {
        container: {
          ...isolation(await containers.security({ signal })),
          mounts: [{ kind: 'bind', source: socketPath, target: insideSocket }],
        },
        engine: { kind: 'socket', socketPath: insideSocket, engineId: description.id },
      };
    },
    explainStartFailure(error) {
      const message = error instanceof Error ? error.message : String(error);
      if (!/bind source path does not exist|no such file or directory.*docker\.sock|not a directory/i.test(message))
        return error;
      return new DockError('SOCKET_NOT_FOUND', `There is no socket "${socketPath}" on the engine's machine.`, {
        cause: error,
      });
    },
  };
}

/** Nothing beyond what reaching the socket needs. */
function isolation({ hasSelinux, hasUserNamespaces }: EngineSecurity) {
  return {
    // A container under SELinux's own label may not use the socket; only this one does without.
    securityOpt: ['no-new-privileges', ...(hasSelinux ? ['label=disable'] : [])],
    // Root of another user namespace may not open the socket either.
    ...(hasUserNamespaces ? { usernsMode: 'host' } : {}),
  };
}
