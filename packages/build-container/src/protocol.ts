import type { BuildRequest, GitFacts, PluginOrigin, StateLine, RegistryCredential } from '@dock/core';
import type { InnerEngineSettings } from './inside/inner-engine/inner-engine-settings.js';

/** Version of everything below: host and container are always of one dock, so it only guards against a mixed bundle. */
export const protocolVersion = 1;

/** Places inside a build container, all on the volume at `/run/dock`: nothing of a job is in the container's own layer. */
export const places = {
  root: '/run/dock',
  job: '/run/dock/job.json',
  result: '/run/dock/result.json',
  bundle: '/run/dock/bundle',
  entry: '/run/dock/bundle/entry.cjs',
  source: '/run/dock/source',
  dockerfile: '/run/dock/dockerfile',
  home: '/run/dock/home',
  temp: '/run/dock/tmp',
  /** The socket of the host's engine, where the container has it: below a directory of ours, because `/var/run` is a symbolic link in most images, and newer engines put no files into a container with a mount below one. */
  socket: '/run/dock/docker.sock',
} as const;

/** File descriptor of the event stream inside: the container's standard output, of which the process itself knows nothing. */
export const eventDescriptor = 3;

/** Where the pipeline inside finds its engine. */
export interface SocketEngine {
  readonly kind: 'socket';
  /** Path inside the container. */
  readonly socketPath: string;
  /** ID of the engine that has to be there; empty where engines have none. */
  readonly engineId: string;
  /** `DOCKER_API_VERSION` of the host. */
  readonly apiVersion?: string;
}

/** Where the pipeline inside finds its engine. */
export type InsideEngine = SocketEngine | InnerEngineSettings;

/** `job.json`: what is to be done. It holds no secret. */
export interface JobDocument {
  readonly v: typeof protocolVersion;
  readonly runId: string;
  readonly runner: string;
  readonly request: BuildRequest;
  readonly origin: PluginOrigin;
  /** The config file on the host, absolute: what a config function is told. */
  readonly configFile?: string;
  readonly pathFacts?: GitFacts | null;
  readonly engine: InsideEngine;
  /** Whether the container stays after a good end until the host lets it go: its engine still has the image. */
  readonly isHeld: boolean;
  /** Labels that say who began the run: the host's process. */
  readonly identityLabels: Readonly<Record<string, string>>;
  /** Names of the host's variables, so that reading one that did not travel can be told. */
  readonly hostVariables: readonly string[];
}

/** The first line on standard input: everything secret. It is never written anywhere. */
export interface SecretsDocument {
  readonly v: typeof protocolVersion;
  /** Variables of `passEnv`. */
  readonly env: Readonly<Record<string, string>>;
  /** Values of build secrets and keys of ssh, by the variables that the request inside names. */
  readonly buildSecrets: Readonly<Record<string, string>>;
  /** The URL of the source as it was given. */
  readonly sourceUrl?: string;
  /** Per registry that was looked up: what is stored, or `null` for nothing. */
  readonly credentials: Readonly<Record<string, RegistryCredential | null>>;
  /** Per registry: why its credentials could not be had where they are stored. */
  readonly withheld?: Readonly<Record<string, { readonly message: string; readonly hint: string }>>;
  /** More values to mask. */
  readonly mask: readonly string[];
}

/** Why a run is cancelled: a signal's name, or an error. */
export type CancelReason =
  | 'SIGINT'
  | 'SIGTERM'
  | { readonly code: string; readonly message: string; readonly hint: string; readonly exitStatus: number };

/** A later line on standard input. */
export type ControlLine = { readonly cancel: CancelReason } | { readonly force: true } | { readonly release: true };

/** What the container may say instead of events, as its first and only line: why it cannot begin. */
export interface Refusal {
  readonly refusal: { readonly code: string; readonly detail: string };
}

/** What the container says between its events: what its host must know should the container be killed. It has no number. */
export interface KeptState {
  readonly state: StateLine;
}

/** What the container says between its events: a value that it masks from now on, so that its host does too. It has no number and is written nowhere. */
export interface AnnouncedSecret {
  readonly secret: string;
}
