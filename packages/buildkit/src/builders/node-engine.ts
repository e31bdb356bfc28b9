import type { BuilderDoor, WithConnection } from '../control/builder-door.js';

/** What a node needs of the engine that it is named by; `@dock/engine` has it. */
export interface NodeEngine {
  /** `unix:///…` or `tcp://…`. */
  readonly url: string;
  /** Whether nobody can listen on the way to it: a socket of this machine, or TLS. */
  readonly isPrivate: boolean;
  /** Words for `docker` that lead to this engine: `--context x`; empty for the caller's own. */
  readonly dockerFlags: string;
  /** Its own BuildKit. */
  readonly door: BuilderDoor;
  /** The newest API that it has. @throws DAEMON_UNREACHABLE, BUILDER_UNSUPPORTED for one without BuildKit */
  apiVersion(scope: { readonly signal?: AbortSignal | undefined }): Promise<string>;
  /** Whether a container runs; undefined when it is not there. @throws DAEMON_UNREACHABLE, … */
  isRunning(container: string, scope: { readonly signal?: AbortSignal | undefined }): Promise<boolean | undefined>;
  /** What a command in a running container reads and writes, as a connection. */
  command(container: string, command: readonly string[]): WithConnection;
}

/** Reach an engine by a docker context or an address; without one it is the caller's. @throws ENDPOINT_INVALID */
export type ReachEngine = (engine: string | undefined) => Promise<NodeEngine>;
