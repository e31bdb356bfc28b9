import { type BuildSpec, type ImageReference, isImageReference, parseImageReference } from '@dock/core';
import { cacheEntries, namedContexts } from '@dock/core/internal';
import type { SolveOutput } from '../../build/solve-output.js';

/** What a builder may do with a repository. */
export type RepositoryRights = ReadonlyMap<string, 'pull' | 'push'>;

/** A repository as `registry/path`. */
export function repositoryKey({ registry, repository }: Pick<ImageReference, 'registry' | 'repository'>): string {
  return `${registry}/${repository}`;
}

/** The repositories that a build reads from, and those that its builder itself pushes to. */
export function buildRepositories(spec: BuildSpec, outputs: readonly SolveOutput[]): RepositoryRights {
  const references = (texts: readonly string[]): readonly ImageReference[] =>
    texts.filter(isImageReference).map(parseImageReference);
  const refsOf = (entries: readonly string[] | undefined, use: 'from' | 'to') =>
    references(cacheEntries(entries, use).flatMap(({ attributes: { ref } }) => ref ?? []));
  const contexts = [...namedContexts(spec.contexts).values()].flatMap((context) =>
    context.kind === 'image' ? [context.reference] : [],
  );
  const bases = spec.bases.flatMap(({ reference, takenFrom }) => [
    reference,
    ...(takenFrom === undefined ? [] : [takenFrom]),
  ]);
  const pushed = outputs.flatMap(({ attrs }) => (attrs['push'] === 'true' ? (attrs['name'] ?? '').split(',') : []));
  return new Map<string, 'pull' | 'push'>([
    ...[...bases, ...contexts, ...refsOf(spec.cacheFrom, 'from')].map((each) => [repositoryKey(each), 'pull'] as const),
    ...[...refsOf(spec.cacheTo, 'to'), ...references(pushed)].map((each) => [repositoryKey(each), 'push'] as const),
  ]);
}
