import type { BuildRequest } from '../contracts/build-request.js';
import { redactCredentials } from '../source/git-url.js';

/** The source for people: a path, or a git URL without its credentials. */
export function describeSource({ source }: Pick<BuildRequest, 'source'>): string {
  return source.kind === 'git' ? redactCredentials(source.url) : source.path;
}
