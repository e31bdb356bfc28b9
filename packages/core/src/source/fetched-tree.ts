import type { GitFacts } from '../contracts/checkout.js';
import type { FetchedCommit } from './fetch-commit.js';
import type { GitAccess } from './git-access.js';
import type { GitSource } from './parse-git-source.js';
import type { SourceDeadline } from './source-deadline.js';
import type { SourceNeeds } from './source-needs.js';
import type { SshAccess } from './ssh-access.js';
import type { SubmoduleBudget } from './submodule-budget.js';

/** What the repositories of one source share. */
export interface TreeNeeds {
  readonly context: SourceNeeds;
  readonly deadline: SourceDeadline;
  /** Schemes beyond https and ssh that this run may use. */
  readonly allowedSchemes: readonly string[];
  readonly access: readonly GitAccess[];
  readonly ssh: Pick<SshAccess, 'agent' | 'keys'>;
  /** Commits of history. Absent: one, or all of a source whose tags are asked for. */
  readonly depth: number | undefined;
  /** Whether the source itself gets the tags of its history, so that `git describe --tags` works in it. */
  readonly withTags: boolean;
  readonly isLfs: boolean;
  /** Absent: submodules are left out. */
  readonly budget?: SubmoduleBudget;
  readonly keepGitDir: boolean;
}

/** A repository on disk, its submodules in it. */
export interface FetchedTree extends FetchedCommit {
  readonly directory: string;
  /** Whether files of it are pointers of Git LFS. */
  readonly hasPointers: boolean;
  /** Of the source itself: where it stands between tags, as far as that was fetched. */
  readonly described: Pick<GitFacts, 'describe' | 'tag'>;
}

/** Fetches one repository and its submodules. @param place A private directory @param nesting 0 for the source itself */
export type FetchTree = (source: GitSource, place: string, needs: TreeNeeds, nesting: number) => Promise<FetchedTree>;
