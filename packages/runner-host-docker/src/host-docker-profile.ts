import { type BuildContainerProfile, type ContainerShape, places } from '@dock/build-container';
import { DockError } from '@dock/core';
import type { EngineSecurity } from '@dock/engine';
import type { HostDockerOptions } from './host-docker-options.js';

/** Where an engine's socket is, on its own machine, unless somebody says otherwise. */
const usualSocket = '/var/run/docker.sock';

/** What an engine says of a mount whose source it does not have. */
const noSource =
  /bind source path does not exist|no such file or directory.*\.sock|statfs .*no such file|not a directory/i;

/** A build container with the engine's socket. */
export function hostDockerProfile(options: HostDockerOptions): BuildContainerProfile {
  let at = 0;
  let candidates: readonly string[] = [];
  let shapeWith: (socketPath: string) => ContainerShape;
  return {
    name: 'host-docker',
    options,
    async shape({ containers, description }, { signal }): Promise<ContainerShape> {
      const security = await containers.security({ signal });
      const own = isolation(security);
      candidates = options.socketPath === undefined ? socketsOf(containers.socketPath, security) : [options.socketPath];
      shapeWith = (socketPath) => ({
        container: { ...own, mounts: [{ kind: 'bind', source: socketPath, target: places.socket }] },
        engine: { kind: 'socket', socketPath: places.socket, engineId: description.id },
      });
      return shapeWith(candidates[0] ?? usualSocket);
    },
    reshape(error) {
      if (!noSource.test(messageOf(error))) return undefined;
      at += 1;
      const next = candidates[at];
      return next === undefined ? undefined : shapeWith(next);
    },
    explainStartFailure(error) {
      if (!noSource.test(messageOf(error))) return error;
      const tried = (candidates.length === 0 ? [usualSocket] : candidates).map((path) => `"${path}"`).join(' or ');
      return new DockError('SOCKET_NOT_FOUND', `There is no socket ${tried} on the engine's machine.`, {
        cause: error,
      });
    },
  };
}

/**
 * Where the engine's socket may be on its machine. The path that dock itself talks to is a path of dock's machine, and in most cases no other: Docker Desktop, colima, a podman
 * machine and ssh bring the engine's socket over from another one. A rootless engine has none at the usual place.
 */
function socketsOf(clientPath: string | undefined, { isRootless }: EngineSecurity): readonly string[] {
  if (clientPath === undefined || clientPath === usualSocket) return [usualSocket];
  return isRootless ? [clientPath, usualSocket] : [usualSocket, clientPath];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
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
