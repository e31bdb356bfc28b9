import type { EngineVersion } from '../install/package-sets.js';

/** Where an engine keeps its images: design §4. */
export type EngineStore = 'classic' | 'containerd';

/** An engine that answers; what tests may do with one that they share. */
export interface SharedRigEngine {
  readonly version: EngineVersion;
  readonly store: EngineStore;
  /** Path of its unix socket, under 100 bytes. */
  readonly socketPath: string;
  /** `unix://<socketPath>`, as `DOCKER_HOST` takes it. */
  readonly host: string;
  readonly dataRoot: string;
  /** File with the daemon's output. */
  readonly logFile: string;
  /** What Engine sees as `/etc/docker`; `certs.d/<host>/ca.crt` is read at each request. */
  readonly etcDocker: string;
  /** Makes the engine trust a certificate for a registry `host:port`. */
  trust(registry: string, caFile: string): void;
}

/** An engine of one's own. */
export interface RigEngine extends SharedRigEngine {
  /** dockerd's process, as this process sees it; changes with {@link restart}. */
  readonly pid: number;
  /** Whether dockerd runs. */
  isRunning(): boolean;
  /** SIGKILL to dockerd, as in a crash; its containers are left as a crash leaves them. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts dockerd again on the same data root and socket; kills it before if it runs. Resolves when it answers. */
  restart(): Promise<void>;
  /** Ends the engine with everything in it and removes its directory. May be called twice. */
  stop(): Promise<void>;
}

/** What {@link startEngine} is asked for. */
export interface EngineOptions {
  /** @default the first of {@link engineKinds}: '20.10' */
  readonly version?: EngineVersion;
  /** `containerd` needs Engine 26 or 28. @default 'classic' */
  readonly store?: EngineStore;
  /** Variables for dockerd beside its own clean environment: `HTTP_PROXY`, `DOCKER_*`. */
  readonly env?: Readonly<Record<string, string>>;
  /** More flags for dockerd, or for podman: `--insecure-registry=…`, `--registry-mirror=…`. */
  readonly extraArgs?: readonly string[];
  /** More keys for `daemon.json`; podman reads none. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Mount a file system of this many bytes in memory as data root: disks that fill up. @default the disk */
  readonly dataRootBytes?: number;
  /** Milliseconds until the daemon must answer. @default 30 000 */
  readonly timeoutMs?: number;
}
