import { type ImageReference, parseImageReference, withDefaultTag } from '@dock/core';

/**
 * Where a base may be taken from, best first: itself, or the parent registry under its own repository name, where Docker Hub's official images may
 * lie with or without `library/`.
 *
 * @throws INVALID_IMAGE_NAME for a parent registry that is no host
 */
export function candidates(reference: ImageReference, parentRegistry: string | undefined): ImageReference[] {
  const wanted = withDefaultTag(reference);
  if (parentRegistry === undefined) return [wanted];
  const isOfficial = wanted.registry === 'docker.io' && wanted.repository.startsWith('library/');
  const repositories = isOfficial
    ? [wanted.repository.slice('library/'.length), wanted.repository]
    : [wanted.repository];
  return repositories.map((repository) => {
    const { registry, repository: path } = parseImageReference(`${parentRegistry.replace(/\/+$/, '')}/${repository}`);
    return {
      registry,
      repository: path,
      ...(wanted.tag === undefined ? {} : { tag: wanted.tag }),
      ...(wanted.digest === undefined ? {} : { digest: wanted.digest }),
    };
  });
}
