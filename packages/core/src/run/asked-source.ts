import type { BuildRequest } from '../contracts/build-request.js';
import type { SourceRequest } from '../contracts/checkout.js';

/** The build argument by which docker's users keep `.git`, and the words that Go's `strconv.ParseBool` takes for true. */
const keepGitDir = 'BUILDKIT_CONTEXT_KEEP_GIT_DIR';
const isTrue = /^(?:1|t|T|true|True|TRUE)$/;

/** The source of a request, with what its build arguments say of it. */
export function askedSource({ source, buildArgs = {} }: Pick<BuildRequest, 'source' | 'buildArgs'>): SourceRequest {
  if (source.kind !== 'git' || source.keepGitDir !== undefined) return source;
  return isTrue.test(buildArgs[keepGitDir] ?? '') ? { ...source, keepGitDir: true } : source;
}
