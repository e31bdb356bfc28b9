import type { BuildSpec } from './build-spec.js';
import type { EngineEvent } from './event.js';
import type { BuiltImage, ImageStore } from './image.js';
import type { ImageReference } from './image-reference.js';

/** Options of every call to the engine. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Deadline of the whole call, ms. @default 60000 for plain calls */
  readonly timeoutMs?: number;
}

/** Options of calls that stream progress. */
export interface StreamOptions extends CallOptions {
  /** A build reads no more of its output until a promise that this returns is settled: so a slow reader slows the build, and fills no memory. */
  readonly onEvent?: (event: EngineEvent) => unknown;
  /** Deadline without any sign of progress, ms. @default 120000 for pull and push; none for build */
  readonly idleTimeoutMs?: number;
}

/** What the engine says of itself. */
export interface EngineDescription {
  /** The engine's own ID. */
  readonly id: string;
  readonly version: string;
  readonly apiVersion: string;
  /** `linux/amd64`. */
  readonly platform: string;
  readonly store: ImageStore;
  /** Whether the engine has BuildKit. */
  readonly hasBuildkit: boolean;
  readonly rootDir: string;
  readonly insecureRegistries: readonly string[];
  readonly registryMirrors: readonly string[];
  readonly securityOptions: readonly string[];
}

/** One image of the engine. Fields that engines leave out are absent. */
export interface ImageDetails {
  readonly id: string;
  /** `name:tag` as the engine lists them. */
  readonly tags: readonly string[];
  /** `name@sha256:<hex>` as the engine lists them. */
  readonly digests: readonly string[];
  /** Config digest; on the classic store the ID. */
  readonly configDigest?: string;
  /** `os/arch[/variant]`. */
  readonly platform: string;
  /** ISO 8601. */
  readonly created?: string;
  /** Bytes, uncompressed as the engine counts them. */
  readonly size: number;
  readonly layers: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** `K=V`. */
  readonly env: readonly string[];
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly exposedPorts: readonly string[];
  readonly user: string;
  readonly workingDir: string;
  readonly onBuild: readonly string[];
}

/** One row of `docker history`, newest first. */
export interface HistoryEntry {
  readonly createdBy: string;
  /** ISO 8601. */
  readonly created?: string;
  /** Bytes that the instruction added. */
  readonly size: number;
  readonly comment: string;
}

/** What a pull brought. */
export interface PulledImage {
  readonly id: string;
  /** Manifest or index digest from the pull's own stream. */
  readonly digest?: string;
}

/** What one push says in its own stream. */
export interface PushReceipt {
  /** `sha256:<hex>`. */
  readonly digest: string;
  /** Bytes of the manifest. */
  readonly size: number;
}

/** A manifest that a registry holds. */
export interface ManifestDescription {
  readonly digest: string;
  readonly mediaType: string;
  /** Config digest, for a single image whose manifest could be read. */
  readonly configDigest?: string;
  /** For an index: its entries; for a single manifest: one, where known. */
  readonly platforms: readonly {
    readonly platform: string;
    readonly digest?: string;
    readonly configDigest?: string;
  }[];
  /** Who was asked. */
  readonly via: 'engine' | 'direct';
}

/** What asking for access told, before any transfer. */
export interface RegistryProbe {
  readonly registry: string;
  /** Whether credentials are stored for the host. */
  readonly hasCredentials: boolean;
  /** Where they come from, never their value. */
  readonly credentialOrigin?: string;
  /** Who reached the registry: ourselves, or only the engine (its network and CA may differ from ours). */
  readonly via: 'direct' | 'engine';
}

/** A container to run from an image. dock's labels are added by the port. */
export interface ContainerRequest {
  /** Image ID or name. */
  readonly image: string;
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

/** The port to a Docker Engine. `@dock/engine` implements it; errors are DockErrors with codes of the catalogue. */
export interface EnginePort {
  readonly endpoint: { readonly url: string; readonly origin: string };
  /** @throws DAEMON_UNREACHABLE, API_VERSION_UNSUPPORTED */
  describe(options?: CallOptions): Promise<EngineDescription>;
  /** Build an image; success needs the image ID from the build's own stream. The image gets no name. @throws BUILD_STEP_FAILED, BUILD_FAILED, DAEMON_LOST, DAEMON_PROTOCOL, OPTION_UNSUPPORTED, … */
  build(spec: BuildSpec, options?: StreamOptions): Promise<BuiltImage>;
  /** `undefined` when there is no such image. */
  inspectImage(nameOrId: string, options?: CallOptions): Promise<ImageDetails | undefined>;
  imageHistory(nameOrId: string, options?: CallOptions): Promise<readonly HistoryEntry[]>;
  /** The image as a {@link BuiltImage}, for work on an image that is already there. @throws IMAGE_NOT_FOUND */
  builtImage(nameOrId: string, options?: CallOptions): Promise<BuiltImage>;
  /** @throws PULL_FAILED, IMAGE_NOT_FOUND, AUTH_FAILED, PULL_TIMEOUT, REGISTRY_ERROR, REGISTRY_UNREACHABLE */
  pullImage(reference: ImageReference, options?: StreamOptions & { readonly platform?: string }): Promise<PulledImage>;
  tagImage(id: string, reference: ImageReference, options?: CallOptions): Promise<void>;
  /** Remove a name, or an image by ID; one that is not there is fine. */
  removeImage(
    nameOrId: string,
    options?: CallOptions & { readonly force?: boolean; readonly noPrune?: boolean },
  ): Promise<void>;
  /** One attempt at one push; success needs the digest from the push's own stream. @throws AUTH_FAILED, REGISTRY_ERROR (details: status, retryAfterMs), REGISTRY_UNREACHABLE, PUSH_REFUSED, PUSH_TIMEOUT, DAEMON_LOST */
  pushImage(reference: ImageReference, options?: StreamOptions): Promise<PushReceipt>;
  /** Ask the registry for a manifest, through the engine, else directly; `undefined` when the registry says there is none. */
  findManifest(
    reference: ImageReference,
    options?: CallOptions & {
      readonly withConfig?: boolean;
      /** The digest that the caller believes it has: what that names is read while the engine is asked. It changes no answer. */
      readonly expectedDigest?: string;
    },
  ): Promise<ManifestDescription | undefined>;
  /** Ask the registry whether it answers and takes our credentials. @throws AUTH_FAILED, REGISTRY_UNREACHABLE, REGISTRY_ERROR */
  probeRegistry(
    reference: ImageReference,
    options: CallOptions & { readonly access: 'pull' | 'push' },
  ): Promise<RegistryProbe>;
  /** Run to the end, collect the output, remove. @throws CONTAINER_FAILED, IMAGE_NOT_FOUND, DAEMON_LOST, TIMEOUT */
  runContainer(request: ContainerRequest, options?: StreamOptions): Promise<ContainerOutcome>;
  /** Start and leave running; the caller removes it. */
  startContainer(request: ContainerRequest, options?: CallOptions): Promise<RunningContainer>;
  /** Close sockets; the port is done. */
  close(): Promise<void>;
}
