import { DockError } from '../errors/dock-error.js';
import type { GitFetch } from './git-fetch.js';
import type { SourceDeadline } from './source-deadline.js';
import { spawnGit } from './spawn-git.js';
import type { StageEntry } from './stage-entries.js';

/** A submodule as the commit has it. */
export interface Submodule {
  /** From the root of its parent. */
  readonly path: string;
  /** Under which `.gitmodules` has it. */
  readonly name: string;
  /** The commit that belongs there. */
  readonly commit: string;
  /** As written. */
  readonly url: string;
}

/** The submodules of a checkout, and what is left out of it. */
export interface SubmoduleList {
  readonly submodules: readonly Submodule[];
  /** Paths for which `.gitmodules` has no URL: their directories stay empty, as after `git clone`. */
  readonly withoutUrl: readonly string[];
}

/** A refusal of a submodule. */
export function submodulesRefused(message: string, hint?: string): DockError {
  return new DockError('SUBMODULES_REFUSED', message, hint === undefined ? {} : { hint });
}

/**
 * Reads which submodules the commit has. Only its own `.gitmodules` counts, read as a blob by git's own rules; what that file says of programs and branches is
 * passed over.
 *
 * @throws SUBMODULES_REFUSED for a `.gitmodules` that cannot be read, and a path that is not UTF-8; GIT_TIMEOUT, CANCELLED
 */
export async function listSubmodules(
  { source, directory }: Pick<GitFetch, 'source' | 'directory'>,
  stage: readonly StageEntry[],
  { env, deadline }: { readonly env: Readonly<Record<string, string | undefined>>; readonly deadline: SourceDeadline },
): Promise<SubmoduleList> {
  const links = stage.filter(({ mode }) => mode === '160000');
  if (links.length === 0) return { submodules: [], withoutUrl: [] };
  if (links.some(({ path }) => path === undefined))
    throw submodulesRefused(`A submodule of "${source.displayUrl}" has a path that is not UTF-8.`);
  const words = ['config', '--blob', 'HEAD:.gitmodules', '-z', '--list'];
  const outcome = await spawnGit(words, { cwd: directory, env, signal: deadline.signal });
  // A git that was ended says nothing of the file.
  deadline.check(`fetch the submodules of "${source.displayUrl}"`);
  const isThere = !/unable to resolve config blob/.test(outcome.stderr);
  if (isThere && (outcome.status !== 0 || outcome.isCut)) {
    const why = outcome.isCut ? 'it is too large' : outcome.stderr.trim().replace(/^(?:fatal|error): /, '');
    throw submodulesRefused(`The file .gitmodules of "${source.displayUrl}" cannot be read: ${why}.`);
  }
  const known = byPath(Buffer.from(isThere ? outcome.stdout : '', 'latin1').toString());
  const submodules: Submodule[] = [];
  const withoutUrl: string[] = [];
  for (const { id, path = '' } of links) {
    const { name, url, update } = known.get(path) ?? {};
    if (update === 'none') continue;
    if (name === undefined || url === undefined) withoutUrl.push(path);
    else submodules.push({ path, name, commit: id, url });
  }
  return { submodules, withoutUrl };
}

interface Section {
  name?: string;
  path?: string;
  url?: string;
  update?: string;
}

function byPath(config: string): ReadonlyMap<string, Section> {
  const sections = new Map<string, Section>();
  for (const entry of config.split('\0')) {
    const [, name = '', key = '', value = ''] = /^submodule\.(.*)\.(path|url|update)\n(.*)$/s.exec(entry) ?? [];
    if (key !== '') sections.set(name, { ...sections.get(name), name, [key]: value });
  }
  return new Map([...sections.values()].map((section) => [section.path?.replace(/\/+$/, '') ?? '', section]));
}
