import type { BuilderDoor } from '@dock/buildkit';
import { DockError, isDockError } from '@dock/core';
import type { EngineConnection } from '../transport/connection.js';
import { engineMessage, engineStatus } from '../transport/engine-error.js';

const what = 'building an image';

/** The ways to the BuildKit of an engine: on its own socket, where newer engines serve it, and by an upgrade of `POST /grpc`. */
export function builderDoor(connection: EngineConnection): BuilderDoor {
  return {
    direct: (scope, act) => connection.dial(what, scope, act),
    upgraded: async (scope, act) => {
      let isOpen = false;
      try {
        const request = { method: 'POST', path: '/grpc', upgrade: 'h2c' } as const;
        return await connection.exchange(what, request, scope, async ({ connection: opened, status }) => {
          if (opened === undefined) throw refused(`it answered ${status} and did not upgrade the connection`, undefined);
          isOpen = true;
          return act(opened);
        });
      } catch (error) {
        if (isOpen || !isDockError(error)) throw error;
        const status = engineStatus(error) ?? 0;
        if ((status < 400 || status >= 500) && status !== 501) throw error;
        throw refused(`it answered ${status}: ${engineMessage(error)}`, error);
      }
    },
  };
}

/** Something before the engine lets its API through, but not the connection to its BuildKit. */
function refused(why: string, cause: unknown): DockError {
  return new DockError('BUILDER_REFUSED', `the engine does not let anybody at its BuildKit: ${why}`, {
    ...(cause === undefined ? {} : { cause }),
    details: { call: 'POST /grpc', builder: 'buildkit' },
  });
}
