import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { isDockError } from '@dock/core';
import type { ControlClient } from '../control/control-client.js';
import type { OpenControl } from '../control/open-control.js';
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
  /** Hears why the session ended while it was needed: what the builder said, or a RangeError when its messages cannot be read. */
  readonly onRefused?: (error: CallFailure | RangeError) => void;
}

/** A session of one build. */
export interface BuildSession {
  /** For `session` of the build. */
  readonly id: string;
  /** Offer the services to the builder and run an act while the session stands; it ends with the act. */
  within<T>(open: SessionWay, signal: AbortSignal | undefined, act: () => Promise<T>): Promise<T>;
}

type SessionWay = Pick<OpenControl, 'session'> & { readonly control: Pick<ControlClient, 'session'> };

/**
 * A BuildKit session of our own: a gRPC server on our side of one connection, which offers exactly the given services and nothing else. It stands on a
 * connection of its own where the way to the builder has one, else on a stream of the control API (`Control/Session`), which is a connection within
 * a connection and costs three times the work for each byte of a context.
 */
export function createSession({ services, sharedKey, name = 'dock', onRefused }: SessionOptions): BuildSession {
  const id = randomBytes(16).toString('hex');
  const offered = [healthService, ...services];
  const headers = {
    'x-docker-expose-session-uuid': id,
    'x-docker-expose-session-name': name,
    'x-docker-expose-session-sharedkey': sharedKey ?? id,
    'x-docker-expose-session-grpc-method': offered.flatMap((service) =>
      Object.keys(service.methods).map((method) => `/${service.name}/${method}`),
    ),
  };
  return {
    id,
    within: async (open, signal, act) => {
      let isServed = false;
      const serve = async (connection: Duplex) => {
        isServed = true;
        const server = serveGrpc(connection, offered);
        try {
          return await act();
        } finally {
          await server.close();
        }
      };
      try {
        if (open.session !== undefined) return await open.session(headers, { signal }, serve);
      } catch (error) {
        if (isServed || !isDockError(error) || error.code !== 'BUILDER_REFUSED') throw error;
      }
      const connection = new SessionConnection(open.control.session(headers));
      connection.on('error', (error) => {
        if (error instanceof CallFailure || error instanceof RangeError) onRefused?.(error);
      });
      return serve(connection);
    },
  };
}
