import {
  type BaseImage,
  DockError,
  familiarImageReference,
  type ImageReference,
  parseImageReference,
  repositoryName,
} from '@dock/core';
import type { ReadPullBaseOptions } from './pull-base-options.js';

/** A base and the places to take it from, best first. */
export interface BaseSource {
  readonly base: BaseImage;
  readonly candidates: readonly ImageReference[];
}

/** Whether `registry/repository` lies in a `host[:port][/prefix]`. */
function isUnder(place: string, reference: ImageReference): boolean {
  const host = place.split('/', 1)[0] ?? place;
  const full = `${host === 'index.docker.io' ? place.replace(host, 'docker.io') : place}/`.replace(/\/+$/, '/');
  return `${repositoryName(reference)}/`.startsWith(full);
}

/**
 * Where a base is looked for. A parent registry serves what names no registry: Docker Hub's official images without their
 * `library/`, then once with it, as registries hold them either way; a `library/` that was written stays.
 */
function candidatesOf(base: BaseImage, parentRegistry: string | undefined): ImageReference[] {
  const { reference, use } = base;
  const isHub = reference.registry === 'docker.io';
  if (parentRegistry === undefined || use === 'syntax' || !isHub) return [reference];
  const isFolded = reference.repository.startsWith('library/') && !base.text.includes('library/');
  const paths = isFolded
    ? [reference.repository.slice('library/'.length), reference.repository]
    : [reference.repository];
  return paths.map((path) => {
    const { registry, repository } = parseImageReference(`${parentRegistry.replace(/\/+$/, '')}/${path}`);
    return { ...reference, registry, repository };
  });
}

/**
 * Where each base is taken from, by the options.
 *
 * @throws REGISTRY_NOT_ALLOWED naming every base that may not be used
 */
export function baseSources(bases: readonly BaseImage[], options: ReadPullBaseOptions): BaseSource[] {
  const { parentRegistry, allowedRegistries } = options;
  const sources = bases.map((base) => ({ base, candidates: candidatesOf(base, parentRegistry) }));
  const isLimited = allowedRegistries !== undefined || parentRegistry !== undefined;
  const places = [...(parentRegistry === undefined ? [] : [parentRegistry]), ...(allowedRegistries ?? [])];
  const refused = sources.filter(({ base, candidates }) => {
    // A parent registry alone says where bases come from, not which frontend reads the Dockerfile.
    if (!isLimited || (base.use === 'syntax' && allowedRegistries === undefined)) return false;
    return !candidates.every((candidate) => places.some((place) => isUnder(place, candidate)));
  });
  if (refused.length === 0) return sources;
  const names = refused.map(({ base }) => `"${familiarImageReference(base.reference)}" (line ${base.line})`);
  throw new DockError(
    'REGISTRY_NOT_ALLOWED',
    `${names.join(', ')}: expected ${places.length === 1 ? 'registry' : 'one of the registries'} ${places.map((place) => `"${place}"`).join(', ')}.`,
    {
      hint: 'Use a base from an allowed registry, or add its registry to "allowedRegistries" of the pull-base plugin.',
      details: { images: refused.map(({ base }) => base.text), allowed: places },
    },
  );
}
