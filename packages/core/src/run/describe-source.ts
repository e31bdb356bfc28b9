import type { BuildRequest } from '../contracts/build-request.js';
import { redactCredentials, strangeQueryValues } from '../source/git-url.js';

/** The source for people: a path, or a git URL without its credentials. */
export function describeSource({ source }: Pick<BuildRequest, 'source'>): string {
  return source.kind === 'git' ? redactCredentials(source.url) : source.path;
}

/** What has to be masked of a source before anything is told of it; its user and password follow when it is taken. */
export function earlySecrets({ source }: Pick<BuildRequest, 'source'>): readonly string[] {
  return source.kind === 'git' ? strangeQueryValues(source.url) : [];
}
