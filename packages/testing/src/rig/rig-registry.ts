/** How a registry asks who comes. */
export type RegistryAuth = 'none' | 'basic' | 'token';

/** A request that a registry of the rig answered, or a token that it gave. */
export interface RegistryRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  /** 0 when the connection broke before an answer. */
  readonly status: number;
  /** The scheme of the `Authorization` header: `basic`, `bearer`; absent when none was sent. */
  readonly authorization?: string;
  /** User of a basic `Authorization`. */
  readonly user?: string;
  readonly userAgent?: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/** A registry that answers; what tests may do with one that they share. */
export interface SharedRigRegistry {
  /** `127.0.0.1:<port>`, as it stands in a reference. */
  readonly host: string;
  /** With `http://` or `https://`. */
  readonly url: string;
  readonly auth: RegistryAuth;
  /** Empty without auth. */
  readonly username: string;
  readonly password: string;
  /** Certificate of the authority that signed the registry's, with `tls`. */
  readonly caFile?: string;
  /** Directory with the registry's files: `docker/registry/v2/…`. */
  readonly storage: string;
  /** The content of a docker `config.json` with this registry's credentials. */
  dockerConfig(): { readonly auths: Readonly<Record<string, { readonly auth: string }>> };
  /** The value of an `X-Registry-Auth` header with this registry's credentials, for requests to an engine; empty credentials without auth. */
  registryAuth(): string;
  /** What was asked since the start, in order of the answers, from all clients and processes. With `isRecording: false` only tokens. */
  requests(): readonly RegistryRequest[];
}

/** A registry of one's own. */
export interface RigRegistry extends SharedRigRegistry {
  /** The registry's process. */
  readonly pid: number;
  /** SIGKILL: connections break, later ones are refused. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port and storage; kills it before if it runs. */
  restart(): Promise<void>;
  /** Ends it and removes its storage. May be called twice. */
  stop(): Promise<void>;
}

/** What {@link startRegistry} is asked for. */
export interface RegistryOptions {
  /** `basic` is htpasswd; `token` has a token server of its own, as Docker Hub has. @default 'none' */
  readonly auth?: RegistryAuth;
  /** Serve https with a certificate for `127.0.0.1`, `localhost` and `*.rig.test` by an authority made on the spot. @default false */
  readonly tls?: boolean;
  /** @default 'dock' */
  readonly username?: string;
  /** @default a new one for each registry */
  readonly password?: string;
  /** Put a recorder in front, for {@link SharedRigRegistry.requests}. Without it clients talk to the registry itself: for benchmarks. @default true */
  readonly isRecording?: boolean;
  /** Whether manifests and blobs can be deleted. @default true */
  readonly canDelete?: boolean;
}
