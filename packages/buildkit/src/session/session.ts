import { randomBytes } from 'node:crypto';
import type { ControlClient } from '../control/control-client.js';
import { SessionConnection } from '../control/session-connection.js';
import { CallFailure } from '../rpc/call-failure.js';
import { serveGrpc } from './grpc-server.js';
import { healthService } from './health-service.js';
import type { SessionService } from './service.js';

/** What {@link createSession} needs. */
export interface SessionOptions {
  /** What the builder may ask of us, beside health. */
  readonly services: readonly SessionService[];
  /** Identifies the same context across builds, so that only changes are sent. @default the session's ID */
  readonly sharedKey?: string;
  /** @default 'dock' */
  readonly name?: string;
  /** Hears why the builder ended the session while it was needed. */
  readonly onRefused?: (error: CallFailure) => void;
}

/** A session of one build. */
export interface BuildSession {
  /** For `session` of the build. */
  readonly id: string;
  /** Offer the services to the builder and run an act while the session stands; it ends with the act. */
  within<T>(control: Pick<ControlClient, 'session'>, act: () => Promise<T>): Promise<T>;
}

/**
 * A BuildKit session of our own (`Control/Session`): a gRPC server on our side of a stream of the control API, which offers exactly the given
 * services and nothing else.
 */
export function createSession({ services, sharedKey, name = 'dock', onRefused }: SessionOptions): BuildSession {
  const id = randomBytes(16).toString('hex');
  const offered = [healthService, ...services];
  const methods = offered.flatMap((service) =>
    Object.keys(service.methods).map((method) => `/${service.name}/${method}`),
  );
  return {
    id,
    within: async (control, act) => {
      const call = control.session({
        'x-docker-expose-session-uuid': id,
        'x-docker-expose-session-name': name,
        'x-docker-expose-session-sharedkey': sharedKey ?? id,
        'x-docker-expose-session-grpc-method': methods,
      });
      const connection = new SessionConnection(call);
      connection.on('error', (error) => {
        if (error instanceof CallFailure) onRefused?.(error);
      });
      const server = serveGrpc(connection, offered);
      try {
        return await act();
      } finally {
        server.close();
      }
    },
  };
}
