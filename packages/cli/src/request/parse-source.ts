import { resolve } from 'node:path';
import { DockError, type SourceRequest } from '@dock/core';

/** Words that docker, too, takes for a git repository rather than a directory. */
const gitPatterns = [/^[a-z][a-z0-9+.-]*:\/\//i, /^[^/\s@]+@[^/:\s]+:/, /^github\.com\//, /^[a-z0-9]+::/i];

/** Whether a source is a git URL and not a directory: it has a scheme, is of the form `user@host:path`, or begins with `github.com/`. */
export function isGitUrl(text: string): boolean {
  return gitPatterns.some((pattern) => pattern.test(text));
}

/** What only a git source can have. */
export interface GitOptions {
  readonly ref?: string | undefined;
  readonly allowedSchemes?: readonly string[] | undefined;
  readonly submodules?: boolean | undefined;
  readonly gitCredentials?: 'helper' | 'netrc' | undefined;
}

/**
 * The source that `PATH | GIT_URL` means.
 *
 * @param base What a relative directory starts from.
 * @throws USAGE for nothing, for standard input, and for git options beside a directory
 */
export function parseSource(text: string, base: string, git: GitOptions = {}): SourceRequest {
  if (text === '') {
    throw new DockError('USAGE', 'The source is empty ("").', {
      hint: 'Name a directory or a git URL; the working directory is ".". A variable that is not set gives an empty word.',
    });
  }
  if (text === '-') {
    throw new DockError('USAGE', 'dock cannot build from standard input ("-").', {
      hint: 'Name a directory or a git URL.',
    });
  }
  if (isGitUrl(text)) {
    return {
      kind: 'git',
      url: text.startsWith('github.com/') ? `https://${text}` : text,
      ...(git.ref === undefined ? {} : { ref: git.ref }),
      ...(git.allowedSchemes === undefined ? {} : { allowedSchemes: git.allowedSchemes }),
      ...(git.gitCredentials === undefined ? {} : { gitCredentials: git.gitCredentials }),
      ...(git.submodules === undefined ? {} : { submodules: git.submodules }),
    };
  }
  if (git.ref !== undefined) {
    throw new DockError('USAGE', `"--git-commit ${git.ref}" is given, but the source "${text}" is a directory.`, {
      hint: 'Name a git URL, or leave the flag out: a directory is built as it is.',
    });
  }
  return { kind: 'path', path: resolve(base, text) };
}
