import type { BuildRequest } from '../contracts/build-request.js';
import type { TargetReference } from '../contracts/build-spec.js';
import type { ImageReference } from '../contracts/image-reference.js';
import { DockError } from '../errors/dock-error.js';
import { withDefaultTag } from '../reference/change-image-reference.js';
import { parseImageReference } from '../reference/parse-image-reference.js';

/**
 * The names that a request asks for: each tag, and each tag under each target registry. With target registries the tags
 * themselves stay local, as with the predecessor.
 *
 * @throws INVALID_IMAGE_NAME
 */
export function targetReferences(request: Pick<BuildRequest, 'tags' | 'targetRegistries'>): TargetReference[] {
  const tags = (request.tags ?? []).map(parseTag);
  const registries = request.targetRegistries ?? [];
  if (registries.length === 0) return unique(tags);
  if (tags.length === 0) {
    throw new DockError('USAGE', `Target registry "${registries[0]}" was given, but no name for the image.`, {
      hint: 'Name the image with --tag.',
    });
  }
  const local = tags.map((tag): TargetReference => ({ ...tag, isLocalOnly: true }));
  const published = registries.flatMap((registry) =>
    tags.map((tag): TargetReference => ({ ...underRegistry(registry, tag), isPublishOnly: true })),
  );
  return unique([...local, ...published]);
}

function parseTag(text: string): ImageReference {
  const reference = parseImageReference(text);
  if (reference.digest !== undefined)
    throw new DockError('INVALID_IMAGE_NAME', `A name for an image cannot have a digest: "${text}".`, {
      hint: 'Leave out what follows the "@".',
    });
  return withDefaultTag(reference);
}

/** `registry[/prefix]` before the repository of a tag; the tag's own registry and `library/` are left out. */
function underRegistry(registry: string, tag: ImageReference): ImageReference {
  const host = registry.replace(/^https?:\/\//, '').replace(/\/+$/, '');
  const repository = tag.registry === 'docker.io' ? tag.repository.replace(/^library\//, '') : tag.repository;
  const first = host.split('/')[0] ?? '';
  if (!/[.:]/.test(first) && first !== 'localhost') {
    throw new DockError(
      'INVALID_IMAGE_NAME',
      `"${registry}" is not a registry: a host has a dot, a port, or is "localhost".`,
      { hint: 'Write the host in full, as registry.example.com:5000.' },
    );
  }
  return parseImageReference(`${host}/${repository}:${tag.tag ?? 'latest'}`);
}

/** Each name once; the first mention wins. */
export function unique(references: readonly TargetReference[]): TargetReference[] {
  const seen = new Map<string, TargetReference>();
  for (const reference of references) {
    const key = `${reference.registry}/${reference.repository}:${reference.tag ?? ''}`;
    if (!seen.has(key)) seen.set(key, reference);
  }
  return [...seen.values()];
}
