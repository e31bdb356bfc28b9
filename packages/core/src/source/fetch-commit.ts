import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DockError } from '../errors/dock-error.js';
import { isCommitRefused, isOtherObjectFormat } from './git-outcome.js';
import { isCommitSha } from './git-url.js';
import type { GitFetch } from './git-fetch.js';

/** The commit that was checked out, as git itself says afterwards. */
export interface FetchedCommit {
  /** Full SHA. */
  readonly commit: string;
  /** ISO 8601. */
  readonly authorDate: string;
  /** When it was committed, seconds since 1970. */
  readonly commitSeconds: number;
}

const doing = 'fetch';

/** Fetches the asked commit and checks it out, without a remote and without a branch. @throws GIT_CLONE_FAILED, GIT_REF_NOT_FOUND and the errors of a fetch */
export async function fetchCommit(fetch: GitFetch): Promise<FetchedCommit> {
  const { ref: asked = 'HEAD', commit: pin, fetchByCommit } = fetch.source;
  const ref = fetchByCommit === true && pin !== undefined ? pin : commitOrRef(asked);
  await fetch.run(
    ['init', '--quiet', ...(ref.length === 64 && isCommitSha(ref) ? ['--object-format=sha256'] : [])],
    'prepare the checkout of',
  );
  const fetched = await fetchRef(fetch, ref);
  const [commit = '', authorDate = '', seconds = ''] = (
    await fetch.run(
      ['log', '-1', '--no-show-signature', '--format=%H%n%aI%n%ct', `${fetched}^{commit}`, '--'],
      'read the commit of',
    )
  ).split('\n');
  if (!isCommitSha(commit) || authorDate === '') throw silent(fetch, `it names no commit for "${ref}"`);
  checkPin(fetch, commit);
  await fetch.run(['checkout', '--quiet', '--force', '--detach', commit], 'check out');
  const head = await fetch.run(['rev-parse', '--verify', 'HEAD^{commit}'], 'verify the checkout of');
  if (head !== commit) throw silent(fetch, `the checkout is at "${head}" instead of "${commit}"`);
  return { commit, authorDate, commitSeconds: Number(seconds) };
}

/** @returns what names the fetched object */
async function fetchRef(fetch: GitFetch, ref: string): Promise<string> {
  const { url } = fetch.source;
  const shallow = ['fetch', '--progress', '--no-tags', '--depth', String(fetch.depth), '--', url, ref];
  let outcome = await fetch.tryNetwork(shallow, doing);
  if (outcome.status !== 0 && isOtherObjectFormat(outcome) && !isCommitSha(ref)) {
    await rm(join(fetch.directory, '.git'), { recursive: true });
    await fetch.run(['init', '--quiet', '--object-format=sha256'], 'prepare the checkout of');
    outcome = await fetch.tryNetwork(shallow, doing);
  }
  if (outcome.status === 0) return 'FETCH_HEAD';
  if (!isCommitSha(ref) || !isCommitRefused(outcome)) throw fetch.fail(outcome, doing);
  // The server gives only what its refs point to, so everything is fetched and the commit looked for in it.
  const all = await fetch.tryNetwork(
    ['fetch', '--progress', '--tags', '--', url, '+refs/heads/*:refs/remotes/origin/*'],
    doing,
  );
  if (all.status !== 0) throw fetch.fail(all, doing);
  const found = await fetch.try(['rev-parse', '--verify', '--quiet', `${ref}^{commit}`], doing);
  if (found.status !== 0 || found.stdout.trim() === '') throw fetch.fail(outcome, doing);
  return ref;
}

function commitOrRef(ref: string): string {
  const lowered = ref.toLowerCase();
  return isCommitSha(lowered) ? lowered : ref;
}

function checkPin({ source }: GitFetch, commit: string): void {
  if (source.commit === undefined || commit.startsWith(source.commit)) return;
  throw new DockError(
    'GIT_REF_NOT_FOUND',
    `The repository "${source.displayUrl}" is at commit "${commit}", not at "${source.commit}" as the URL asks.`,
    { hint: 'The ref has moved; add "fetch-by-commit" to the query, or correct the URL.' },
  );
}

/** For a git that ends well and yet has not done its work. */
function silent({ source }: GitFetch, fact: string): DockError {
  return new DockError('GIT_CLONE_FAILED', `git reported success for "${source.displayUrl}", but ${fact}.`);
}
