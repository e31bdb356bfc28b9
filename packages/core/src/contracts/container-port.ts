import type { CallOptions, StreamOptions } from './call-options.js';

/** A container to run from an image. dock's labels are added by the port. */
export interface ContainerRequest {
  /** Image ID or name. */
  readonly image: string;
  /** Which platform of an image of several. @default the engine's own */
  readonly platform?: string;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly workingDir?: string;
  readonly user?: string;
  /** `default`, `none`, `host` or a network's name. */
  readonly network?: string;
  /** Container ports (`8080/tcp`) to publish on 127.0.0.1 at a free port. */
  readonly publishPorts?: readonly string[];
  /** Bytes. */
  readonly memory?: number;
  readonly pidsLimit?: number;
  readonly readOnlyRoot?: boolean;
  /** Role label: what the container is for. */
  readonly role: string;
  /** The run it belongs to. */
  readonly runId: string;
}

/** How a container ended. */
export interface ContainerOutcome {
  readonly exitCode: number;
  readonly isOomKilled: boolean;
  /** Last part of stdout and stderr in order, at most 1 MiB. */
  readonly output: string;
  readonly isOutputCut: boolean;
  readonly durationMs: number;
}

/** A container that runs until it is removed. */
export interface RunningContainer {
  readonly id: string;
  /** Container port (`8080/tcp`) to host address. */
  readonly ports: Readonly<Record<string, { readonly host: string; readonly port: number }>>;
  /** The container's own address on its first network; empty with host network. */
  readonly address: string;
  /** Still running, or how it ended. */
  state(
    options?: CallOptions,
  ): Promise<{ readonly isRunning: boolean; readonly exitCode?: number; readonly isOomKilled?: boolean }>;
  /** Output so far, at most its last 1 MiB. */
  output(options?: CallOptions): Promise<string>;
  /** Run a command inside. */
  exec(
    command: readonly string[],
    options?: CallOptions,
  ): Promise<{ readonly exitCode: number; readonly output: string }>;
  /** Stop it and remove it with its volumes; again is harmless. */
  remove(options?: CallOptions): Promise<void>;
}

/** The containers of an engine. */
export interface ContainerPort {
  /** Platforms whose programs run there: the machine's own, and those that the engine's BuildKit finds an emulator for. */
  runnablePlatforms(options?: CallOptions): Promise<readonly string[]>;
  /** Run to the end, collect the output, remove. @throws CONTAINER_FAILED, IMAGE_NOT_FOUND, DAEMON_LOST, TIMEOUT */
  runContainer(request: ContainerRequest, options?: StreamOptions): Promise<ContainerOutcome>;
  /** Start and leave running; the caller removes it. */
  startContainer(request: ContainerRequest, options?: CallOptions): Promise<RunningContainer>;
}
