/** Limits of a run, ms; 0 means none. */
export interface RunTimeouts {
  /** @default 7200000 (2 h) */
  readonly runMs?: number;
  /** Until the engine has said what it is. @default 15000 */
  readonly connectMs?: number;
  /** One phase. @default 0 */
  readonly phaseMs?: number;
  /** One call of one tap. @default 3600000 (1 h) */
  readonly pluginMs?: number;
  /** Fetching the source. @default 600000 (10 min) */
  readonly sourceMs?: number;
  /** The build without any output. @default 0 */
  readonly buildIdleMs?: number;
  /** A pull without any progress. @default 120000 */
  readonly pullIdleMs?: number;
  /** A push without any progress: a registry may store a large layer for minutes. @default 300000 */
  readonly pushIdleMs?: number;
}

/** A resource limit of `RUN` containers, as `--ulimit` names it. */
export interface Ulimit {
  readonly name: string;
  readonly soft: number;
  readonly hard: number;
}

/**
 * Who builds: `auto`, what the engine offers (BuildKit first); `engine` or `buildkit`, its BuildKit; `classic`, its classic builder; else one of buildx's builders
 * by its name, or an address.
 */
export type BuilderChoice = string;

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

/** An ssh agent, or private keys, for `RUN --mount=type=ssh`; what is `default` is for a git source, too. */
export type BuildSsh =
  | {
      /** `default` is what a mount without an ID gets. */
      readonly id: string;
      /** Absolute path of the agent's socket. */
      readonly socket: string;
    }
  | {
      readonly id: string;
      /** Absolute paths of private keys without passphrases. */
      readonly keys: readonly string[];
    }
  | {
      readonly id: string;
      /** Names of variables, in the environment of the run, that hold such keys. */
      readonly env: readonly string[];
    };

/** Whether registries are asked for base images: `true` and `always` always, `missing` for those that the engine lacks, `never` for none. */
export type PullChoice = boolean | 'always' | 'missing' | 'never';

/**
 * What a request can say of a build, besides its source and the names of the image: the keys of the option table, which holds everything else about
 * them. The comments are the table's sentences, written by `npm run reference`.
 */
export interface RequestOptions {
  /** Registries (`host[:port][/prefix]`) that each name is published to; the names themselves then stay local. */
  readonly targetRegistries?: readonly string[];
  /** More names of the image, as `latest`, that move once every other name of the run is published: none of them moves when one of those fails. */
  readonly floating?: readonly string[];
  /** Whether dock asks the registry for what it holds after a push, over what `push()` says: `auto`, where that is possible; `required`, a push that nobody could confirm fails; `off`. */
  readonly verify?: 'auto' | 'required' | 'off';
  /** Path of the Dockerfile inside the context. Default: `Dockerfile`. */
  readonly dockerfile?: string;
  /** Text of the Dockerfile, instead of a file. */
  readonly dockerfileText?: string;
  /** Values of `ARG`. */
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** Labels of the image. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Stage to build. Default: the last. */
  readonly target?: string;
  /** Platforms, `os/arch[/variant]`, an architecture alone, or `local`. Default: `DOCKER_DEFAULT_PLATFORM`, else the engine’s own. */
  readonly platforms?: readonly string[];
  /** Who builds: `auto`, BuildKit where the engine has it; `engine` (or `buildkit`), the engine’s BuildKit; `classic`, its classic builder; the name of a builder of buildx; or `tcp://HOST:PORT`, `unix://PATH`, `docker-container:NAME`. Default: `auto`. */
  readonly builder?: BuilderChoice;
  /** Build every step again. */
  readonly noCache?: boolean;
  /** Stages whose steps are built again. */
  readonly noCacheFilter?: readonly string[];
  /** More build contexts by name, for `FROM` and `--from`: a directory, `docker-image://IMAGE`, `oci-layout://DIRECTORY[:TAG][@DIGEST]`, or an http or git URL. */
  readonly contexts?: Readonly<Record<string, string>>;
  /** Ask registries for base images: `true` or `always` for all, `missing` for those that the engine lacks, `never` for none. Default: `missing`. */
  readonly pull?: PullChoice;
  /** Network of `RUN`: `default`, `none`, `host` or a name. */
  readonly network?: string;
  /** Lines of /etc/hosts during the build: `host:ip` or `host=ip`; the address `host-gateway` is that of the engine’s machine. */
  readonly addHosts?: readonly string[];
  /** Size of /dev/shm, bytes; 0 is the builder’s own. */
  readonly shmSize?: number;
  /** Resource limits of `RUN`. */
  readonly ulimits?: readonly Ulimit[];
  /** Memory limit of `RUN`, bytes (classic builder). */
  readonly memory?: number;
  /** Memory and swap of `RUN` together, bytes; -1 is no limit (classic builder). */
  readonly memorySwap?: number;
  /** Weight of `RUN` against other containers, 1024 is that of one without it (classic builder). */
  readonly cpuShares?: number;
  /** Period of the scheduler for `RUN`, microseconds (classic builder). */
  readonly cpuPeriod?: number;
  /** Time of a processor in each period that `RUN` gets, microseconds; -1 is no limit (classic builder). */
  readonly cpuQuota?: number;
  /** Processors for `RUN`, as `0-3` or `0,1` (classic builder). */
  readonly cpusetCpus?: string;
  /** Memory nodes for `RUN`, as `0-1` (classic builder). */
  readonly cpusetMems?: string;
  /** Caches to take layers from: images, or `type=registry|local|gha|s3|azblob` with attributes as buildx has them. */
  readonly cacheFrom?: readonly string[];
  /** Caches to write layers to: `type=registry|local|inline|gha|s3|azblob` with attributes as buildx has them. One that cannot be written is a warning, unless it has `ignore-error=false`. */
  readonly cacheTo?: readonly string[];
  /** Largest build context, bytes. Default: 10 GiB. */
  readonly maxContextBytes?: number;
  /** Build secrets, read at build time from a `file` or from the variable that `env` names. */
  readonly secrets?: readonly BuildSecret[];
  /** Sockets of ssh agents, or private keys (files, or variables by `env`), for `RUN --mount=type=ssh` and (`default`) for a git source. */
  readonly ssh?: readonly BuildSsh[];
  /** Let a `# syntax` frontend that is not Docker’s own have secrets, ssh and registry credentials. Default: `false`. */
  readonly trustFrontend?: boolean;
  /** Let a builder that is not the user’s own engine have passwords of registries, for those that give no tokens. Default: `false`. */
  readonly trustBuilder?: boolean;
  /** What the build makes in place of an image, as `--output` of buildx: a directory, or `type=local|tar|oci|docker|image|registry` with `dest=` and more; `-` is standard output. */
  readonly outputs?: readonly string[];
  /** The image ends in the engine, also beside other outputs and with a builder that is no engine’s. */
  readonly load?: boolean;
  /** Names of plugins of the config that this run leaves out. */
  readonly skip?: readonly string[];
  /** Annotations of the image: `[TYPE:]KEY=VALUE` with the types `manifest`, `manifest-descriptor`, `index`, `index-descriptor`, several with commas, the first two also for one platform (`manifest[linux/amd64]`). Default type: `manifest`. */
  readonly annotations?: readonly string[];
  /** Attestations that the builder makes: `type=sbom` or `type=provenance`, with attributes. Default: none. */
  readonly attest?: readonly string[];
  /** A list of what is in the image, as an attestation: `true`, or the attributes of `type=sbom`. Default: `false`. */
  readonly sbom?: boolean | string;
  /** How the image was built, as an attestation: `true`, or the attributes of `type=provenance`. Default: `false`. */
  readonly provenance?: boolean | string;
  /** Entitlements that the build may use: `network.host`, `security.insecure`, `device`. Default: none, and `network.host` with `network: 'host'`. */
  readonly allow?: readonly string[];
  /** Control group under which `RUN` is put. */
  readonly cgroupParent?: string;
  /** `false` forbids publishing whatever the plugins say. */
  readonly publish?: boolean;
  /** Limits in ms; 0 means none. */
  readonly timeouts?: RunTimeouts;
}
