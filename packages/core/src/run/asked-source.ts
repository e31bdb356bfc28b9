import type { BuildRequest } from '../contracts/build-request.js';
import type { SourceRequest } from '../contracts/checkout.js';
import { usesVariable } from '../template/fill-texts.js';

/** The build argument by which docker's users keep `.git`, and the words that Go's `strconv.ParseBool` takes for true. */
const keepGitDir = 'BUILDKIT_CONTEXT_KEEP_GIT_DIR';
const isTrue = /^(?:1|t|T|true|True|TRUE)$/;

/**
 * The source of a request, with what its build arguments, its templates and plugins say of it.
 *
 * @param needsHistory Whether a plugin needs the history of the source.
 */
export function askedSource(request: BuildRequest, needsHistory = false): SourceRequest {
  const { source, buildArgs = {} } = request;
  if (source.kind !== 'git') return source;
  const isKept = source.keepGitDir ?? isTrue.test(buildArgs[keepGitDir] ?? '');
  const isDescribed = source.describe ?? (needsHistory || usesVariable(request, 'git.describe'));
  return { ...source, ...(isKept ? { keepGitDir: true } : {}), ...(isDescribed ? { describe: true } : {}) };
}
