import { parseImageReference, isImageReference } from '../reference/parse-image-reference.js';
import { detectSyntax } from './directives.js';
import type { Frontend } from './dockerfile.js';

const knownRepositories: ReadonlySet<string> = new Set(['docker/dockerfile', 'docker/dockerfile-upstream']);

/** Whether an image is one of Docker's own Dockerfile frontends on Docker Hub; a copy in another registry may be anything. */
function isDockerfileFrontend(image: string): boolean {
  if (!isImageReference(image)) return false;
  const { registry, repository } = parseImageReference(image);
  return registry === 'docker.io' && knownRepositories.has(repository);
}

/** Finds out who reads a file. The build argument `BUILDKIT_SYNTAX` wins over the directive. */
export function frontendOf(text: string, buildArgs: Readonly<Record<string, string>>): Frontend {
  const chosen = Object.hasOwn(buildArgs, 'BUILDKIT_SYNTAX') ? buildArgs['BUILDKIT_SYNTAX'] : undefined;
  if (chosen !== undefined && chosen !== '') {
    const image = chosen.split(' ', 1)[0] ?? chosen;
    return { image, isKnown: isDockerfileFrontend(image) };
  }
  const syntax = detectSyntax(text);
  return syntax === undefined ? { isKnown: true } : { ...syntax, isKnown: isDockerfileFrontend(syntax.image) };
}
