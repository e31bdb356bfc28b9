import type { Writable } from 'node:stream';
import type { DockPlugin } from './plugin.js';
import type { BuildRequest } from './build-request.js';
import type { GitFacts } from './checkout.js';
import type { EnginePort } from './engine-port.js';
import type { DockEvent, EngineEvent, LogLevel } from './event.js';
import type { RemoteBuilder } from './image-builder.js';
import type { RegistryPort } from './registry-port.js';
import type { BuildResult, WarningDocument } from './result.js';
import type { RunNote } from './run-note.js';
import type { StateLine } from './state-line.js';

/** How the plugins of a job came about, for a runner that has to make them again somewhere else. Plain JSON. */
export interface PluginOrigin {
  /** `config`: the config file's; `standard`: none were named; `live`: objects of a caller, which cannot travel. */
  readonly kind: 'config' | 'standard' | 'live';
  /** Publish (`--push`): `push()` is added where nothing publishes yet. */
  readonly push?: boolean;
  /** Registry that the base images are taken from. */
  readonly parentRegistry?: string;
}

/** The module that starts a job inside a build container. */
export interface InsideEntry {
  /** As an import names it: `@dock/api/inside-build`. */
  readonly specifier: string;
  /** Directory that the specifier is resolved from, absolute. */
  readonly directory: string;
  /** Directory of dock's modules that are bundled already, absolute. Without it, every job bundles them itself. */
  readonly prebuilt?: string;
}

/** What is stored for one registry. Never log it. */
export interface RegistryCredential {
  /** The host it was asked for: `docker.io`, `registry.example.com:5000`. */
  readonly registry: string;
  readonly username?: string;
  readonly password?: string;
  /** A refresh token that the token server trades for access tokens. */
  readonly identityToken?: string;
  /** A bearer token for the registry itself. */
  readonly registryToken?: string;
  /** Where it comes from, never its value: `credHelpers "x" of ~/.docker/config.json`. */
  readonly origin: string;
}

/** The host's own store of registry credentials. */
export interface HostCredentials {
  /** `undefined` when nothing is stored for the host. @throws CONFIG_ERROR, CREDENTIAL_HELPER_FAILED */
  get(registry: string, options?: { readonly signal?: AbortSignal }): Promise<RegistryCredential | undefined>;
}

/** Where words from outside of the taps go, while a run is open. */
export interface RunVoice {
  log(level: LogLevel, message: string, source: string): void;
  warn(warning: WarningDocument): void;
  /** Mask this value from now on. @throws SECRET_TOO_SHORT */
  addSecret(value: string): void;
}

/** Plugins that a run loads itself, while the source is fetched that they leave to dock: none of them taps `source`. */
export interface LatePlugins {
  /** Whether one of them publishes. */
  readonly publishes: boolean;
  /** Called once, in the config phase. */
  load(): Promise<readonly DockPlugin[]>;
}

/** What is to be run: the request and the plugins, in order. */
export interface BuildJob {
  readonly request: BuildRequest;
  readonly plugins: readonly DockPlugin[];
  /** Plugins after the others. Only the runner `here` takes them. */
  readonly latePlugins?: LatePlugins;
  /** The config file that the plugins come from; container runners need it to bundle them. */
  readonly configFile?: string;
  readonly origin?: PluginOrigin;
  /** What a build container starts; given by `@dock/api`. */
  readonly inside?: InsideEntry;
  /** Git facts of a path source that were taken where the directory really is: `null` for none. */
  readonly pathFacts?: GitFacts | null;
}

/** What connecting to the engine is given by the run. */
export interface ConnectOptions {
  readonly signal: AbortSignal;
  /** Registers credentials for masking. */
  addSecret(value: string): void;
  /** Notes what is made without a label; returns what to call when it is gone. */
  note?(what: RunNote): () => void;
  /** Limits of calls to the engine, ms; 0 means none. The run itself sees to the one for connecting. */
  readonly limits?: { readonly pullIdleMs: number; readonly pushIdleMs: number };
  /** Tells something about the start: a `log`, or a `warning` for the result. */
  emit?(event: EngineEvent): void;
}

/** What a runner is given by whoever starts it. */
export interface RunnerContext {
  readonly runId: string;
  /** The directory that the user started in, absolute. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Variables that only build secrets and keys of ssh name: the source is fetched with them, and no plugin sees them. */
  readonly secretEnv?: Readonly<Record<string, string>>;
  /** Connects to the engine; called at most once, in the endpoint phase. */
  connectEngine(options: ConnectOptions): Promise<EnginePort>;
  /** Reaches registries with the credentials of the run; called when somebody first asks one. The engine, where the run has connected one, knows the insecure ones. */
  connectRegistry?(options: ConnectOptions & { readonly engine?: EnginePort }): Promise<RegistryPort>;
  /**
   * Connects to the builder that the request names, where no engine builds; called at most once, in the endpoint phase. Engine and registry are
   * connected by their first call.
   */
  connectBuilder?(
    choice: string,
    options: ConnectOptions & { readonly engine: EnginePort; readonly registry: RegistryPort },
  ): Promise<RemoteBuilder>;
  /** Where an output with `dest=-` goes; without it such an output is refused. */
  readonly openStandardOutput?: () => Writable;
  /** Registry credentials, for a runner whose pipeline cannot look for itself. */
  readonly credentials?: HostCredentials;
  /** Called once, right after `run.start`. */
  onOpen?(voice: RunVoice): void;
  /** Receives each event, masked and stamped. Must not throw. A build waits for a promise that it returns before it reads more output. */
  onEvent?(event: DockEvent): unknown;
  /** First abort: cancel, clean up, end in 10 s. Its reason may be `SIGINT` or `SIGTERM`. */
  readonly signal?: AbortSignal;
  /** Second abort: do not wait for taps that do not stop. */
  readonly forceSignal?: AbortSignal;
  /** 0700 directory for checkouts; a sub-directory per run is made and removed. */
  readonly tempDir: string;
  /** Directory for `<run>/events.ndjson`, `<run>/result.json` and, while the run lasts, `<run>/state.ndjson`; none are written without it. */
  readonly stateDir?: string;
  /** Without a state directory: receives, at once and masked, what must be known should this process be killed. Must not throw. */
  onStateLine?(line: StateLine): void;
  /** Hears of each value that is masked from now on, for whoever else masks what this process prints. It must not be written anywhere. Must not throw. */
  onSecret?(value: string): void;
}

/** Where the pipeline runs. */
export interface DockRunner {
  readonly name: string;
  /** What it was made with, so that a flag can change one option. Plain JSON. */
  readonly options?: Readonly<Record<string, unknown>>;
  run(job: BuildJob, context: RunnerContext): Promise<BuildResult>;
}
