import { type CallOptions, type EngineDescription, isLoopbackHost } from '@dock/core';
import { identityLabels } from './containers/identity-labels.js';
import {
  createRegistryClient,
  type CredentialSource,
  type CredentialStore,
  findCredential,
  type RegistryClient,
} from '@dock/registry';
import type { EngineEndpoint } from './endpoint/engine-endpoint.js';
import { describeEngine } from './images/describe-engine.js';
import type { KnownContents } from './images/find-manifest.js';
import { EngineConnection } from './transport/connection.js';

/** What {@link connectEngine} needs. */
export interface ConnectEngineOptions {
  readonly endpoint: EngineEndpoint;
  readonly credentials: CredentialStore;
  /** Called with every secret before it is used, so that it can be masked. */
  readonly addSecret?: (secret: string) => void;
  /** Where build secrets that name a variable have their values. @default empty */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The run that a {@link DockerTasker}'s containers are labelled with; the port's calls name their own. @default a new one */
  readonly runId?: string;
  /** Labels that say who created an object, beside run and role. @default those of this process */
  readonly identityLabels?: Readonly<Record<string, string>>;
  /** CA certificates (PEM) of registries, for our own requests to them. */
  readonly registryCa?: string | readonly string[];
  /** Called with the short ID of each container that the classic builder makes for a step; a function that it returns is called when the container is gone. */
  readonly onBuildContainer?: (shortId: string) => unknown;
  /** Deadline of asking the engine for its version, ms; 0 is none. @default 15000 */
  readonly pingTimeoutMs?: number;
  /** Longest silence of a pull and of a push whose call names none, ms; 0 is none. @default 120000 and 300000 */
  readonly transferIdle?: { readonly pullMs: number; readonly pushMs: number };
  /** How a container is watched: how often inspect is asked, and how long the engine may be unreachable, ms. @default 5000, 30000 */
  readonly wait?: { readonly pollMs?: number; readonly unreachableMs?: number };
}

/** What every part of the port shares. */
export interface EngineContext {
  readonly options: ConnectEngineOptions;
  readonly connection: EngineConnection;
  readonly source: CredentialSource;
  /** The engine's description, asked once. */
  readonly describe: (options?: { readonly signal?: AbortSignal | undefined }) => Promise<EngineDescription>;
  /** Identity labels, read once. */
  readonly labels: () => Promise<Readonly<Record<string, string>>>;
  /** Our own way to registries, with the engine's list of insecure ones. */
  readonly client: (options: CallOptions) => Promise<RegistryClient>;
  readonly contents: KnownContents;
  readonly isSharedPlace: (registry: string) => boolean;
}

/** Wire the parts to one engine. Nothing is asked yet. */
export function createEngineContext(options: ConnectEngineOptions): EngineContext {
  const connection = new EngineConnection(options.endpoint, options.pingTimeoutMs);
  const { credentials, addSecret, endpoint } = options;
  const source = { credentials, addSecret };
  // What our own requests send is masked too: a registry may repeat it in its answer.
  const announced: CredentialStore = {
    get: async (registry, { signal } = {}) => findCredential(source, registry, signal),
  };
  let description: EngineDescription | undefined;
  let labels: Promise<Readonly<Record<string, string>>> | undefined;
  let client: RegistryClient | undefined;
  const describe: EngineContext['describe'] = async (scope = {}) =>
    (description ??= await describeEngine(connection, scope));
  return {
    options,
    connection,
    source,
    describe,
    labels: () =>
      (labels ??= options.identityLabels === undefined ? identityLabels() : Promise.resolve(options.identityLabels)),
    contents: new Map(),
    isSharedPlace: (registry) =>
      !isLoopbackHost(registry) || endpoint.kind === 'unix' || isLoopbackHost(endpoint.hostname ?? ''),
    client: async (scope) => {
      const { insecureRegistries } = await describe(scope);
      const ca = options.registryCa === undefined ? {} : { ca: options.registryCa };
      const secrets = addSecret === undefined ? {} : { addSecret };
      // One for all: it remembers which insecure registries do not speak https.
      return (client ??= createRegistryClient({ credentials: announced, insecureRegistries, ...secrets, ...ca }));
    },
  };
}
