import type { BuildOptions, BuildSpec, DockError, EngineEvent } from '@dock/core';
import type { BuildEvidence } from '@dock/core/internal';
import { registryFailure } from '@dock/registry';
import type { SolveEnvironment } from '../build/solve-environment.js';
import { buildFailure, buildWithoutResult } from '../failure/build-failure.js';
import { solveBuild } from '../solve.js';

/** What came of a build whose image is known. */
export type NodeEvidence = BuildEvidence & { readonly imageId: string };

/** Words of BuildKit before what a registry said to a push. */
const pushWords = /failed to push (\S+): ([\s\S]+)/;

/**
 * Build on one node.
 *
 * @throws what the builder says of the build as an error of the Dockerfile or of a registry; what breaks on the way
 */
export async function buildOnNode(
  spec: BuildSpec,
  environment: SolveEnvironment,
  options: BuildOptions,
): Promise<NodeEvidence> {
  const evidence = await solved(spec, environment, options);
  const { imageId, lastLines } = evidence;
  if (imageId === undefined) throw buildWithoutResult(lastLines);
  return { ...evidence, imageId };
}

/** Build what makes no image. @throws as {@link buildOnNode} */
export async function filesOnNode(
  spec: BuildSpec,
  environment: SolveEnvironment,
  options: BuildOptions,
): Promise<void> {
  const { response, lastLines } = await solved(spec, environment, options);
  if (response === undefined) throw buildWithoutResult(lastLines);
}

async function solved(spec: BuildSpec, environment: SolveEnvironment, options: BuildOptions): Promise<BuildEvidence> {
  const evidence = await solveBuild(spec, environment, options);
  const { failure } = evidence;
  if (failure === undefined) return evidence;
  throw failureOf(failure.message, environment) ?? buildFailure({ ...evidence, failure, spec });
}

/** A push by the builder that its registry did not take. */
function failureOf(message: string, { access }: SolveEnvironment): DockError | undefined {
  const [, reference = '', words = ''] = pushWords.exec(message) ?? [];
  if (reference === '') return undefined;
  const registry = reference.split('/', 1)[0] ?? reference;
  const error = registryFailure(
    { action: 'push', reference, access: { registry, header: '', credential: undefined } },
    words,
  );
  if (error.code !== 'AUTH_FAILED' || access === 'credentials') return error;
  return error.with({
    hint:
      access === 'tokens'
        ? `Run "docker login ${registry}". A builder that is not your own engine gets tokens only: where the registry gives none, trust it with the password (--trust-builder).`
        : 'The builder gets no credentials, because others can listen on the way to it: serve it with TLS.',
  });
}

/** The events of one of several builds: its steps are told apart from those of the others. */
export function eventsOf(
  at: number,
  onEvent: ((event: EngineEvent) => unknown) | undefined,
): { readonly onEvent?: (event: EngineEvent) => unknown } {
  if (onEvent === undefined) return {};
  return { onEvent: (event) => onEvent('step' in event ? { ...event, step: `${at}.${event.step}` } : event) };
}
