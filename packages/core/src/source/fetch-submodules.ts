import { lstat, mkdir, readdir, rename, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type DockError, isDockError } from '../errors/dock-error.js';
import type { FetchTree, TreeNeeds } from './fetched-tree.js';
import type { GitFetch } from './git-fetch.js';
import { gitSecrets } from './git-secrets.js';
import { listSubmodules, submodulesRefused, type Submodule } from './list-submodules.js';
import { type GitSource, parseGitSource } from './parse-git-source.js';
import { resolveInside } from './resolve-inside.js';
import { checkSoundGit } from './sound-git.js';
import type { StageEntry } from './stage-entries.js';
import { submoduleUrl } from './submodule-url.js';

/**
 * Fetches the submodules of a checkout, and theirs. git's own command for it is not used: each is fetched as a source of its own, by the rules of a source, into
 * a private place, and what it has to say of paths, programs and names is looked at before its files are put where they belong.
 *
 * @param nesting Of the parent: 0 for the source itself.
 * @returns whether files of them are pointers of Git LFS
 * @throws SUBMODULES_REFUSED, INVALID_GIT_URL, and what fetching a source throws
 */
export async function fetchSubmodules(
  parent: GitFetch,
  stage: readonly StageEntry[],
  place: string,
  needs: TreeNeeds,
  nesting: number,
  fetchTree: FetchTree,
): Promise<boolean> {
  const { context, deadline, budget } = needs;
  const { displayUrl } = parent.source;
  const list = await listSubmodules(parent, stage, { env: context.env, deadline });
  for (const path of list.withoutUrl)
    context.warn(`The submodule "${path}" of "${displayUrl}" has no URL in .gitmodules, so its directory is empty.`);
  if (list.submodules.length === 0) return false;
  if (budget === undefined) {
    const paths = list.submodules.map(({ path }) => `"${path}"`);
    context.logger.info(`Leaving out the submodules ${paths.join(', ')} of "${displayUrl}"`);
    return false;
  }
  if (nesting === 0) await checkSoundGit(place, { env: context.env, signal: deadline.signal });
  let hasPointers = false;
  for (const [index, submodule] of list.submodules.entries()) {
    budget.addModule(nesting + 1);
    try {
      const source = sourceOf(submodule, parent.source, needs);
      context.logger.info(`Fetching the submodule "${submodule.path}" from "${source.displayUrl}"`);
      const own = join(place, `submodule-${index}`);
      await mkdir(own, { mode: 0o700 });
      const tree = await fetchTree(source, own, needs, nesting + 1);
      hasPointers ||= tree.hasPointers;
      await putInPlace(tree.directory, parent, submodule);
      if (needs.keepGitDir)
        await parent.run(['config', `submodule.${submodule.name}.url`, source.url], 'note the submodules of');
    } catch (error) {
      throw isDockError(error) ? ofSubmodule(error, submodule, parent.source) : error;
    }
  }
  return hasPointers;
}

/** @throws SUBMODULES_REFUSED, INVALID_GIT_URL */
function sourceOf({ url, commit }: Submodule, parent: GitSource, needs: TreeNeeds): GitSource {
  const resolved = submoduleUrl(parent.url, url);
  if (resolved === undefined) throw submodulesRefused('its relative URL leads above the host of its parent');
  const isLocal = resolved.startsWith('/') && needs.allowedSchemes.includes('file');
  const source = parseGitSource(isLocal ? `file://${resolved}` : resolved, {
    allowedSchemes: needs.allowedSchemes,
    parent: parent.url,
  });
  if (source === undefined)
    throw submodulesRefused('its URL is no git URL but a path of the machine that it was written on');
  for (const secret of gitSecrets(source)) needs.context.addSecret(secret);
  const { ref, subdir } = source;
  if (ref !== undefined || subdir !== undefined) throw submodulesRefused('its URL has a query or a fragment');
  return { ...source, ref: commit };
}

/** Its directory is what git made of the parent's commit: empty, and not behind a link. */
async function putInPlace(from: string, parent: GitFetch, { path }: Submodule): Promise<void> {
  const to = join(parent.directory, path);
  const found = await lstat(to).catch(() => undefined);
  const isOwn = (await resolveInside(parent.directory, path)) === to;
  if (!isOwn || found?.isDirectory() !== true || (await readdir(to)).length > 0)
    throw submodulesRefused('its path is not an empty directory of the checkout');
  await rmdir(to);
  await rename(from, to);
}

/** The same error, and of which submodule it is. */
function ofSubmodule(error: DockError, { path }: Submodule, { displayUrl }: GitSource): DockError {
  if (error.code === 'CANCELLED' || error.code === 'GIT_TIMEOUT') return error;
  return error.with({
    message: `The submodule "${path}" of "${displayUrl}" cannot be fetched: ${error.message}`,
    details: { submodule: path },
  });
}
