import {
  type BuildSpec,
  type CheckoutContext,
  concurrently,
  DockError,
  type ImageReference,
  type RegistryProbe,
  repositoryName,
  type TargetReference,
} from '@dock/core';
import type { ReadPushOptions } from './push-options.js';
import { byWeight } from './push-failure.js';
import { budgetMs } from './publish-reference.js';
import { withRetries } from './retry.js';

/** Tries at a registry that nobody reaches: a wrong name is told within seconds. */
const unreachableTries = 3;

/** One reference of each repository that will be published. */
function repositoriesOf(references: readonly TargetReference[]): TargetReference[] {
  const wanted = references.filter(({ isLocalOnly }) => isLocalOnly !== true);
  return [...new Map(wanted.map((reference) => [repositoryName(reference), reference])).values()];
}

/**
 * Before the build: something is to be published, and each registry answers and takes our credentials.
 *
 * @throws CONFIG_INVALID, AUTH_FAILED, REGISTRY_UNREACHABLE, REGISTRY_ERROR; further failures are attached
 */
export async function preflight(spec: BuildSpec, context: CheckoutContext, options: ReadPushOptions): Promise<void> {
  const repositories = repositoriesOf(spec.references);
  if (repositories.length === 0) {
    const hasLocal = spec.references.length > 0;
    throw new DockError(
      'CONFIG_INVALID',
      `Plugin "${options.name}" has nothing to publish: ${hasLocal ? 'every name of the image is local only' : 'the image has no name'}.`,
      {
        hint: 'Name the image ("image" in the config, --tag, or the tag plugin), or forbid publishing with --no-push.',
      },
    );
  }
  const outcomes = await concurrently(repositories, options.concurrency, async (reference) => {
    const { registry, repository, tag } = reference;
    const target = { registry, repository, ...(tag === undefined ? {} : { tag }) };
    const probe = (signal: AbortSignal): Promise<Probe> =>
      context.builder === undefined
        ? context.engine.probeRegistry(target, { access: 'push', signal })
        : askRegistry(context, target, signal);
    return withRetries(probe, {
      retries: options.retries,
      backoffMs: options.backoffMs,
      budgetMs,
      signal: context.signal,
      mayRetry: ({ code }, attempts) => code !== 'REGISTRY_UNREACHABLE' || attempts < unreachableTries,
    });
  });
  const [first, ...others] = byWeight(outcomes.flatMap((outcome) => ('error' in outcome ? [outcome.error] : [])));
  if (first !== undefined) {
    first.attached.push(...others);
    throw first;
  }
  const probes = outcomes.flatMap((outcome) => ('value' in outcome ? [outcome.value] : []));
  context.report({ repositories: repositories.map(repositoryName), registries: registriesOf(probes) });
}

type Probe = Pick<RegistryProbe, 'registry' | 'via' | 'credentialOrigin'> & Partial<RegistryProbe>;

/** Where no engine builds, none has to reach the registry: it answers us, and takes what credentials we have. */
async function askRegistry({ registry }: CheckoutContext, target: ImageReference, signal: AbortSignal): Promise<Probe> {
  await registry.resolve(target, { signal });
  return { registry: target.registry, via: 'direct' };
}

function registriesOf(probes: readonly Probe[]) {
  const byRegistry = new Map(probes.map((probe) => [probe.registry, probe]));
  return [...byRegistry.values()].map(({ registry, hasCredentials, credentialOrigin, via }) => ({
    registry,
    ...(hasCredentials === undefined ? {} : { hasCredentials }),
    via,
    ...(credentialOrigin === undefined ? {} : { credentialOrigin }),
  }));
}
