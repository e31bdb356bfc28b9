import type { Duplex } from 'node:stream';

/** Runs an act with a connection, which ends with it. */
export type WithConnection = <T>(
  scope: { readonly signal?: AbortSignal | undefined },
  act: (connection: Duplex) => Promise<T>,
) => Promise<T>;

/** Headers that announce a session. */
export type SessionHeaders = Readonly<Record<string, string | string[]>>;

/** Runs an act with a connection for a session, which ends with it. */
export type WithSession = <T>(
  headers: SessionHeaders,
  scope: { readonly signal?: AbortSignal | undefined },
  act: (connection: Duplex) => Promise<T>,
) => Promise<T>;

/** The ways to a builder. Each gives a connection on which the builder is the server of HTTP/2 with prior knowledge. */
export interface BuilderDoor {
  /** Straight to the place itself: a BuildKit, or an engine that serves one on its own socket. */
  readonly direct: WithConnection;
  /** By an upgrade of a request to the engine's API; without it the direct way is the only one. Rejects with what the engine says. */
  readonly upgraded?: WithConnection;
  /** A connection for a session, by an upgrade as well. Rejects with BUILDER_REFUSED where there is none: then the session is a call of the control API. */
  readonly session?: WithSession;
}
