import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { DockError } from '@dock/core';
import { type GrpcServer, serveGrpc } from './grpc-server.js';
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
}

/** How a session reaches the engine: one request that asks for an upgrade, answered with the upgraded connection. */
export interface SessionCarrier {
  exchange<T>(
    what: string,
    request: {
      readonly method: 'POST';
      readonly path: string;
      readonly upgrade: 'h2c';
      readonly headers: Readonly<Record<string, string | readonly string[]>>;
    },
    scope: { readonly signal?: AbortSignal | undefined },
    act: (answer: { readonly status: number; readonly connection?: Duplex | undefined }) => Promise<T>,
  ): Promise<T>;
}

/** A session of one build. */
export interface BuildSession {
  /** For `session=` of the build. */
  readonly id: string;
  /** Offer the services to the engine and run an act while the session stands; it ends with the act. */
  within<T>(carrier: SessionCarrier, signal: AbortSignal | undefined, act: () => Promise<T>): Promise<T>;
}

/**
 * A BuildKit session of our own (moby `POST /session`, upgraded to h2c): a gRPC server on our side of one connection, which offers exactly
 * the given services and nothing else.
 */
export function createSession({ services, sharedKey, name = 'dock' }: SessionOptions): BuildSession {
  const id = randomBytes(16).toString('hex');
  const offered = [healthService, ...services];
  const methods = offered.flatMap((service) =>
    Object.keys(service.methods).map((method) => `/${service.name}/${method}`),
  );
  return {
    id,
    within: (carrier, signal, act) =>
      carrier.exchange(
        'offering a build session to the engine',
        {
          method: 'POST',
          path: '/session',
          upgrade: 'h2c',
          headers: {
            'X-Docker-Expose-Session-Uuid': id,
            'X-Docker-Expose-Session-Name': name,
            'X-Docker-Expose-Session-Sharedkey': sharedKey ?? id,
            'X-Docker-Expose-Session-Grpc-Method': methods,
          },
        },
        { signal },
        async ({ connection: socket, status }) => {
          if (socket === undefined)
            throw new DockError(
              'DAEMON_PROTOCOL',
              `the engine answered ${status} where a build session was offered, and did not upgrade the connection`,
            );
          const server: GrpcServer = serveGrpc(socket, offered);
          try {
            return await act();
          } finally {
            server.close();
          }
        },
      ),
  };
}
