import type { FakeResponse } from './fake-response.js';
import type { RecordedRequest } from './recorded-request.js';
import type { FakeHandler, RouteOptions } from './route.js';

/** An engine that speaks the wire format and does what a test scripts. */
export interface FakeEngine {
  /** Absolute path of the socket, in a 0700 directory of its own. */
  readonly socketPath: string;
  /** `unix://<socketPath>`, as `DOCKER_HOST` takes it. */
  readonly host: string;
  /** Every request, in the order of arrival. */
  readonly requests: readonly RecordedRequest[];
  /** Errors of handlers, which also became a 500 answer. */
  readonly handlerErrors: readonly unknown[];
  /** Answer requests of this method and path (without version prefix). The latest matching handler is asked first. */
  on(method: string, path: string | RegExp, handler: FakeHandler | FakeResponse, options?: RouteOptions): void;
  /** Connections that are open now. */
  openConnections(): number;
  /** Close every connection, then the socket, and remove the directory. Again is harmless. */
  stop(): Promise<void>;
}
