import type { BuildRequest } from '../contracts/build-request.js';
import type { TargetReference } from '../contracts/build-spec.js';
import type { ImageReference } from '../contracts/image-reference.js';
import { DockError } from '../errors/dock-error.js';
import { withDefaultTag } from '../reference/change-image-reference.js';
import { parseImageReference } from '../reference/parse-image-reference.js';

/** What of a request names the image. */
export type NamingRequest = Pick<BuildRequest, 'tags' | 'floating' | 'targetRegistries'>;

/**
 * The names that a request asks for: each tag and each floating name, and each of these under each target registry. With target registries the
 * names themselves stay local, as with the predecessor. A name that is both is floating.
 *
 * @throws INVALID_IMAGE_NAME
 */
export function targetReferences(request: NamingRequest): TargetReference[] {
  const floating = (request.floating ?? []).map((text): TargetReference => ({ ...parseTag(text), isFloating: true }));
  const held = new Set(floating.map(nameOf));
  const fixed = (request.tags ?? []).map(parseTag).filter((tag) => !held.has(nameOf(tag)));
  const names: TargetReference[] = [...fixed, ...floating];
  const registries = request.targetRegistries ?? [];
  if (registries.length === 0) return unique(names);
  if (names.length === 0) {
    throw new DockError('USAGE', `Target registry "${registries[0]}" was given, but no name for the image.`, {
      hint: 'Name the image with --tag.',
    });
  }
  const local = names.map((name): TargetReference => ({ ...name, isLocalOnly: true }));
  const published = registries.flatMap((registry) =>
    names.map((name): TargetReference => {
      const isFloating = name.isFloating === true ? { isFloating: true } : {};
      return { ...underRegistry(registry, name), ...isFloating, isPublishOnly: true };
    }),
  );
  return unique([...local, ...published]);
}

function nameOf({ registry, repository, tag }: TargetReference): string {
  return `${registry}/${repository}:${tag ?? ''}`;
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
  const [, tagged] = /\/[^/]*:([^/]*)$/.exec(host) ?? [];
  if (tagged !== undefined || host.includes('@'))
    throw new DockError(
      'INVALID_IMAGE_NAME',
      `The target registry "${registry}" has a ${host.includes('@') ? 'digest' : 'tag'}, and is a place for images.`,
      {
        hint: `Write HOST[:PORT][/PREFIX], as "${host.replace(/@.*$/, '').replace(/(\/[^/]*):[^/]*$/, '$1')}"; the tag comes from the image's name (--tag).`,
      },
    );
  return parseImageReference(`${host}/${repository}:${tag.tag ?? 'latest'}`);
}

/** Each name once; the first mention wins. */
export function unique(references: readonly TargetReference[]): TargetReference[] {
  const seen = new Map<string, TargetReference>();
  for (const reference of references) {
    const key = nameOf(reference);
    if (!seen.has(key)) seen.set(key, reference);
  }
  return [...seen.values()];
}
