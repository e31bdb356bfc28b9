import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { accessFor } from './git-access.js';
import { examineSubmodule } from './examine-submodule.js';
import { askedRef, fetchCommit } from './fetch-commit.js';
import { fetchLfs, hasLfsFiles } from './fetch-lfs.js';
import { fetchSubmodules } from './fetch-submodules.js';
import { type GitFetch, gitFetch } from './git-fetch.js';
import { doing } from './git-launcher.js';
import { openGit } from './open-git.js';
import type { GitSource } from './parse-git-source.js';
import type { FetchedTree, TreeNeeds } from './fetched-tree.js';
import { describeWords, readDescribe, readFetchedTag } from './read-describe.js';
import type { SourceDeadline } from './source-deadline.js';
import { writeAccess } from './git-credentials.js';

/**
 * Fetches one repository, then its submodules, each by the same rules into a place of its own before it is put where it belongs.
 *
 * @param place A private directory: gets `checkout`, what git needs beside it, and the repository where that is not kept.
 * @param nesting 0 for the source itself.
 */
export async function fetchTree(source: GitSource, place: string, needs: TreeNeeds, nesting = 0): Promise<FetchedTree> {
  const { context, budget } = needs;
  const directory = join(place, 'checkout');
  await mkdir(directory, { mode: 0o755 });
  const over = new AbortController();
  const deadline = orOver(needs.deadline, over.signal);
  const access = accessFor(source, needs.access);
  const files = await writeAccess(place, source.url, access);
  const watch =
    nesting === 0 || budget === undefined ? undefined : budget.watch(directory, (error) => over.abort(error));
  try {
    const git = openGit({
      directory,
      env: context.env,
      logger: context.logger,
      signal: deadline.signal,
      onStart: context.onStart,
      protocols: protocolsOf(source, needs.allowedSchemes),
      stallSeconds: Math.ceil(deadline.limitMs / 1000),
      access: files,
      ssh: needs.ssh,
      ...(/^[0-9a-f]{64}$/.test(askedRef(source)) ? { objectFormat: 'sha256' as const } : {}),
    });
    const examine =
      nesting === 0 || budget === undefined
        ? undefined
        : async (commit: string) =>
            examineSubmodule(directory, commit, budget, { env: context.env, signal: deadline.signal });
    const withTags = needs.withTags && nesting === 0;
    const fetch = gitFetch(source, directory, git, deadline, {
      withTags,
      depth: needs.depth ?? (withTags ? undefined : 1),
      examine,
      access,
    });
    const commit = await fetchCommit(fetch);
    watch?.count();
    const described = nesting > 0 ? {} : await describe(fetch, withTags);
    const hasPointers = await hasLfsFiles(directory, commit.stage);
    if (needs.isLfs && (nesting === 0 || hasPointers)) await fetchLfs(fetch);
    const isLeft = await fetchSubmodules(fetch, commit.stage, place, needs, nesting, fetchTree);
    if (needs.keepGitDir) await fetch.run(['config', 'remote.origin.url', source.url], doing.prepare);
    else await rename(join(directory, '.git'), join(place, 'git'));
    return { ...commit, directory, described, hasPointers: (hasPointers && !needs.isLfs) || isLeft };
  } finally {
    watch?.stop();
    for (const file of Object.values(files)) await rm(file, { force: true });
  }
}

async function describe(fetch: GitFetch, withTags: boolean) {
  if (withTags) return readDescribe(await fetch.run(describeWords, doing.read));
  // Without the history, only a tag that was asked for is known.
  return readFetchedTag(await readFile(join(fetch.directory, '.git', 'FETCH_HEAD'), 'utf8'));
}

/** A deadline that a passed limit ends, too. */
function orOver(deadline: SourceDeadline, over: AbortSignal): SourceDeadline {
  return {
    limitMs: deadline.limitMs,
    signal: AbortSignal.any([deadline.signal, over]),
    check(doing) {
      deadline.check(doing);
      if (over.aborted) throw over.reason;
    },
  };
}

function protocolsOf({ url }: GitSource, allowedSchemes: readonly string[]): readonly string[] {
  return [...new Set(['https', 'ssh', ...allowedSchemes, ...(url.startsWith('http://') ? ['http'] : [])])];
}
