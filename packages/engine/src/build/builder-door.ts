import type { Duplex } from 'node:stream';
import type { BuilderDoor } from '@dock/buildkit';
import { DockError, isDockError } from '@dock/core';
import type { CallScope, EngineConnection } from '../transport/connection.js';
import { engineMessage, engineStatus } from '../transport/engine-error.js';

/**
 * The ways to the BuildKit of an engine: on its own socket, where newer engines serve it, and by an upgrade of `POST /grpc`, with the session
 * by one of `POST /session`.
 */
export function builderDoor(connection: EngineConnection): BuilderDoor {
  return {
    direct: (scope, act) => connection.dial('building an image', scope, act),
    upgraded: (scope, act) => upgraded(connection, { path: '/grpc' }, scope, act),
    session: (headers, scope, act) => upgraded(connection, { path: '/session', headers }, scope, act),
  };
}

type Headers = Readonly<Record<string, string | readonly string[]>>;

async function upgraded<T>(
  connection: EngineConnection,
  { path, headers = {} }: { readonly path: string; readonly headers?: Headers },
  scope: CallScope,
  act: (connection: Duplex) => Promise<T>,
): Promise<T> {
  let isOpen = false;
  try {
    const request = { method: 'POST', path, upgrade: 'h2c', headers } as const;
    return await connection.exchange('building an image', request, scope, async ({ connection: opened, status }) => {
      if (opened === undefined)
        throw refused(path, `it answered ${status} and did not upgrade the connection`, undefined);
      isOpen = true;
      return act(opened);
    });
  } catch (error) {
    if (isOpen || !isDockError(error)) throw error;
    const status = engineStatus(error) ?? 0;
    if ((status < 400 || status >= 500) && status !== 501) throw error;
    throw refused(path, `it answered ${status}: ${engineMessage(error)}`, error);
  }
}

/** Something before the engine lets its API through, but not the connection to its BuildKit. */
function refused(path: string, why: string, cause: unknown): DockError {
  return new DockError('BUILDER_REFUSED', `The engine does not let anybody at its BuildKit: ${why}.`, {
    ...(cause === undefined ? {} : { cause }),
    details: { call: `POST ${path}`, builder: 'buildkit' },
  });
}
