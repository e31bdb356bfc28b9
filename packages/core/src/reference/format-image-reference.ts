import type { ImageReference } from '../contracts/image-reference.js';
import { identifierRule, printReference } from './grammar.js';
import { defaultRegistry, officialNamespace, splitRegistry } from './normalise.js';

/** `registry/repository` without tag and digest: `docker.io/library/ubuntu`. */
export function repositoryName(reference: ImageReference): string {
  return `${reference.registry}/${reference.repository}`;
}

/** The full, canonical form: `docker.io/library/ubuntu:22.04`. Parsing it gives an equal reference. */
export function formatImageReference(reference: ImageReference): string {
  return printReference(repositoryName(reference), reference.tag, reference.digest);
}

/**
 * The repository as people write it: `docker.io` and `library/` are left out where the rest still means the same
 * (`docker.io/localhost/x` and a repository of 64 hex digits keep the registry).
 */
export function familiarRepositoryName(reference: ImageReference): string {
  const full = repositoryName(reference);
  if (reference.registry !== defaultRegistry) return full;
  const official =
    reference.repository.startsWith(officialNamespace) &&
    !reference.repository.slice(officialNamespace.length).includes('/');
  const short = official ? reference.repository.slice(officialNamespace.length) : reference.repository;
  const read = splitRegistry(short);
  return `${read.registry}/${read.remainder}` === full && !identifierRule.test(short) ? short : full;
}

/** The short form as people write it: `ubuntu:22.04`. Parsing it gives an equal reference. */
export function familiarImageReference(reference: ImageReference): string {
  return printReference(familiarRepositoryName(reference), reference.tag, reference.digest);
}
