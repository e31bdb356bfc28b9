import type { ImageReference } from './image-reference.js';

/** A name that the image gets. Without a flag it names the image in the engine and is published when the run publishes. */
export interface TargetReference extends ImageReference {
  /** A tag that moves between builds (`latest`, `1`): pushed after all fixed ones, by digest-checked content. */
  readonly isFloating?: boolean;
  /** Names the image in the engine only; never pushed. */
  readonly isLocalOnly?: boolean;
  /** Exists in the engine only while it is pushed. */
  readonly isPublishOnly?: boolean;
}

/** Where a Dockerfile uses an image. */
export type BaseImageUse = 'from' | 'copy-from' | 'mount-from' | 'syntax';

/** An image that the build uses. */
export interface BaseImage {
  readonly use: BaseImageUse;
  /** As written, after ARG resolution. */
  readonly text: string;
  readonly reference: ImageReference;
  /** First line of the instruction, from 1; 0 for a frontend that a build argument names. */
  readonly line: number;
  /** Where it was really taken from, when not `reference`. */
  readonly takenFrom?: ImageReference;
  /** The engine's image ID. */
  readonly id?: string;
  /** `sha256:<hex>` of the manifest or index; absent for a local image. */
  readonly digest?: string;
  /** No registry knows it. */
  readonly isLocalOnly?: boolean;
}

/** A resource limit of `RUN` containers, as `--ulimit` names it. */
export interface Ulimit {
  readonly name: string;
  readonly soft: number;
  readonly hard: number;
}

/** Which build backend: what the engine offers (BuildKit first), or the named one. */
export type BuilderChoice = 'auto' | 'buildkit' | 'classic';

/**
 * A build secret for `RUN --mount=type=secret`: it says where the value is, never the value, which is read when the builder asks for it and is
 * kept nowhere.
 */
export type BuildSecret =
  | {
      readonly id: string;
      /** Absolute path of the file that holds the value. */
      readonly file: string;
    }
  | {
      readonly id: string;
      /** Name of the variable, in the environment of the run, that holds the value. */
      readonly env: string;
    };

/** An ssh agent for `RUN --mount=type=ssh`. */
export interface BuildSsh {
  /** `default` is what a mount without an ID gets. */
  readonly id: string;
  /** Absolute path of the agent's socket. */
  readonly socket: string;
}

/** What a build is asked to do. Plain JSON; taps change it only by returning a new one. */
export interface BuildSpec {
  /** Absolute path of the directory that is sent to the engine. */
  readonly contextDir: string;
  readonly dockerfile: {
    /** Absolute path it was read from. */
    readonly path: string;
    /** What is built: may differ from the file after edits by taps. */
    readonly text: string;
  };
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly target?: string;
  /** `os/arch[/variant]`; empty means the engine's own. */
  readonly platforms: readonly string[];
  readonly builder: BuilderChoice;
  readonly noCache: boolean;
  /** Ask the registry for newer bases. */
  readonly pull: boolean;
  /** Network mode of `RUN`: `default`, `none`, `host` or a network's name. */
  readonly network?: string;
  /** `host:ip` entries. */
  readonly addHosts?: readonly string[];
  /** Bytes of /dev/shm. */
  readonly shmSize?: number;
  readonly ulimits?: readonly Ulimit[];
  /** Memory limit of `RUN`, bytes. */
  readonly memory?: number;
  readonly cacheFrom?: readonly string[];
  readonly secrets?: readonly BuildSecret[];
  readonly ssh?: readonly BuildSsh[];
  /** Let a `# syntax` frontend that is not Docker's own have secrets, ssh and registry credentials. @default false */
  readonly trustFrontend?: boolean;
  /** The images that the build uses, as far as the Dockerfile tells. */
  readonly bases: readonly BaseImage[];
  /** The names that the image gets. */
  readonly references: readonly TargetReference[];
}
