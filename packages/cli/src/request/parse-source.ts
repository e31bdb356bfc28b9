import { resolve } from 'node:path';
import { DockError, sourceKind, type SourceRequest } from '@dock/core';
import { statPath } from './stat-path.js';

/** What only a git source can have. */
export interface GitOptions {
  readonly ref?: string | undefined;
  readonly allowedSchemes?: readonly string[] | undefined;
  readonly submodules?: boolean | undefined;
  readonly gitCredentials?: 'helper' | 'netrc' | undefined;
}

/**
 * The source that `PATH | URL` means.
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
  const kind = kindOf(text, base, git);
  if (kind === 'git') {
    return {
      kind: 'git',
      url: text.startsWith('github.com/') ? `https://${text}` : text,
      ...(git.ref === undefined ? {} : { ref: git.ref }),
      ...(git.allowedSchemes === undefined ? {} : { allowedSchemes: git.allowedSchemes }),
      ...(git.gitCredentials === undefined ? {} : { gitCredentials: git.gitCredentials }),
      ...(git.submodules === undefined ? {} : { submodules: git.submodules }),
    };
  }
  if (kind === 'download') {
    return { kind: 'archive', url: text };
  }
  if (git.ref !== undefined) {
    throw new DockError('USAGE', `"--git-commit ${git.ref}" is given, but the source "${text}" is a directory.`, {
      hint: 'Name a git URL, or leave the flag out: a directory is built as it is.',
    });
  }
  return { kind: 'path', path: resolve(base, text) };
}

/** As with docker, a directory that is there is a directory, whatever its name looks like. A git ref is for a repository. */
function kindOf(text: string, base: string, { ref }: GitOptions): ReturnType<typeof sourceKind> {
  if (statPath(resolve(base, text))?.isDirectory() === true) return 'path';
  const kind = sourceKind(text);
  return kind === 'download' && ref !== undefined ? 'git' : kind;
}
