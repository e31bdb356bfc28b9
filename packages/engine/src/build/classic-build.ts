import {
  type BuildSpec,
  type DockError,
  isDockError,
  type RegistryCredential,
  type StreamOptions,
  thrownMessage,
} from '@dock/core';
import { buildFailure } from '@dock/buildkit';
import { createContextTar } from '../context/context-tar.js';
import { type CredentialSource, encodeRegistryConfig, tryCredential, withheld } from '@dock/registry';
import { EventGate } from '@dock/core/internal';
import { readProgress } from '../stream/progress-stream.js';
import type { EngineConnection } from '../transport/connection.js';
import { engineMessage, engineStatus } from '../transport/engine-error.js';
import type { BuildEvidence } from '@dock/core/internal';
import { warningEvent } from '@dock/core/internal';
import { buildIdleError } from '@dock/core/internal';
import { buildQuery } from './build-query.js';
import { ClassicOutput } from './classic-output.js';
import { podmanQuery } from './podman-query.js';

/** What a build backend needs. */
export interface BuildEnvironment {
  readonly connection: EngineConnection;
  readonly source: CredentialSource;
  /** Called with the short ID of each container that a step gets. */
  readonly onContainer: (shortId: string) => void;
  /** Where secrets that name a variable have their values. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Tells the contexts of one machine from another's. */
  readonly machine: string;
}

/** Credentials for the registries that the Dockerfile names, and for no others; and why some could not be had. */
async function relevantCredentials(
  spec: BuildSpec,
  source: CredentialSource,
  signal?: AbortSignal,
): Promise<{ readonly credentials: RegistryCredential[]; readonly problems: DockError[] }> {
  const registries = new Set(
    spec.bases.flatMap(({ reference, takenFrom }) => [reference, takenFrom ?? reference].map((each) => each.registry)),
  );
  const found = await Promise.all([...registries].map((registry) => tryCredential(source, registry, signal)));
  return {
    credentials: found.flatMap(({ credential }) => (credential === undefined ? [] : [credential])),
    problems: found.flatMap(({ problem }) => (problem === undefined ? [] : [problem])),
  };
}

/** An answer to `POST /build` itself, before any stream, is the Dockerfile's own fault mostly; what a proxy answers for the engine is not. */
function refusedBuild(error: unknown, spec: BuildSpec): unknown {
  const status = engineStatus(error);
  if (status === undefined || status > 500 || !isDockError(error) || error.code !== 'DAEMON_ERROR') return error;
  const failure = { message: engineMessage(error) };
  const told = buildFailure({ failure, step: undefined, lastLines: [], imageId: undefined, spec });
  return told.with({ cause: error, details: { status } });
}

/** Build with the classic builder: the context as a tar, credentials by host in a header. */
export async function classicBuild(
  spec: BuildSpec,
  environment: BuildEnvironment,
  options: StreamOptions,
): Promise<BuildEvidence> {
  const { connection, source, onContainer } = environment;
  const { signal } = options;
  const gate = new EventGate(options.onEvent);
  const onEvent = gate.send;
  const { isPodman } = await connection.ping({ signal });
  const shared = isPodman ? podmanQuery(spec, buildQuery(spec)) : buildQuery(spec);
  const { credentials, problems } = await relevantCredentials(spec, source, signal);
  const context = await createContextTar({
    contextDir: spec.contextDir,
    dockerfilePath: spec.dockerfile.path,
    dockerfileText: spec.dockerfile.text,
    ...(spec.maxContextBytes === undefined ? {} : { limits: { maxBytes: spec.maxContextBytes } }),
    ...(signal === undefined ? {} : { signal }),
  });
  for (const warning of context.warnings) onEvent(warningEvent(warning));
  const output = new ClassicOutput({ onEvent, onContainer });
  try {
    const failure = await connection.stream('building an image', options, async (docker) => {
      const query: object = {
        ...shared,
        dockerfile: context.dockerfileName,
        version: '1',
        ...(credentials.length === 0 ? {} : { registryconfig: { base64: encodeRegistryConfig(credentials) } }),
      };
      const stream = await docker.buildImage(context.stream, query);
      return readProgress(stream, {
        onMessage: (message) => output.message(message),
        onText: (text) => output.raw(text),
        onCut: (text, bytes) => output.raw(`${text.slice(0, 2000)} [line cut: it has ${bytes} bytes]`),
        idleTimeoutMs: options.idleTimeoutMs ?? 0,
        idleError: buildIdleError,
        gate,
      });
    });
    return output.finish(failure);
  } catch (error) {
    output.finish({ message: thrownMessage(error) }, signal?.aborted === true);
    const told = refusedBuild(error, spec);
    if (isDockError(told)) throw withheld(told, problems[0]);
    throw told;
  } finally {
    context.stream.destroy();
  }
}
