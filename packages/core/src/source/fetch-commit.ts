import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DockError } from '../errors/dock-error.js';
import { type GitDate, readGitDate } from './git-date.js';
import { fsckArguments } from './git-environment.js';
import { commitFormat, doing } from './git-launcher.js';
import { type GitOutcome, isCommitRefused, isOtherObjectFormat, isPlainFileServer } from './git-outcome.js';
import { isCommitSha } from './git-url.js';
import type { GitFetch } from './git-fetch.js';
import type { GitSource } from './parse-git-source.js';
import { readStage, type StageEntry } from './stage-entries.js';

/** The commit that was checked out, as git itself says afterwards. */
export interface FetchedCommit {
  /** Full SHA. */
  readonly commit: string;
  readonly written: GitDate;
  readonly committed: GitDate;
  /** What its index has of submodules and of files that give files to filters. */
  readonly stage: readonly StageEntry[];
}

/** What git is asked for: a ref, or a full SHA. */
export function askedRef({ ref = 'HEAD', commit, fetchByCommit }: GitSource): string {
  return fetchByCommit === true && commit !== undefined ? commit : commitOrRef(ref);
}

/** Fetches the asked commit and checks it out, without a branch. A ref that stood for it here is gone afterwards. @throws GIT_CLONE_FAILED, GIT_REF_NOT_FOUND and the errors of a fetch */
export async function fetchCommit(fetch: GitFetch): Promise<FetchedCommit> {
  const commit = await fetchAsked(fetch);
  if (fetch.how.withTags) await fetch.run(['update-ref', '-d', ownRef], doing.prepare);
  return commit;
}

async function fetchAsked(fetch: GitFetch): Promise<FetchedCommit> {
  const { depth, examine } = fetch.how;
  const ref = askedRef(fetch.source);
  const shallow = fetchWords(fetch, ref, depth);
  const outcome = await (examine === undefined ? fetch.tryCheckout(shallow) : fetchAlone(fetch, ref, shallow));
  const isFetchRefused = outcome.status !== 0 && (outcome.step === undefined || outcome.step === doing.fetch);
  if (isFetchRefused && isOtherObjectFormat(outcome) && !isCommitSha(ref)) {
    await rm(join(fetch.directory, '.git'), { recursive: true });
    await fetch.run(['init', '--quiet', '--object-format=sha256'], doing.prepare);
    const again = await fetch.tryNetwork(shallow, doing.fetch);
    if (again.status !== 0) throw fetch.fail(again, doing.fetch);
    return checkOut(fetch, ref, 'FETCH_HEAD');
  }
  if (isFetchRefused && isPlainFileServer(outcome)) return fetchPlainFiles(fetch, ref);
  if (isFetchRefused && isCommitSha(ref) && isCommitRefused(outcome)) {
    await fetchEverything(fetch, ref, outcome);
    return checkOut(fetch, ref, ref);
  }
  if (outcome.status !== 0) throw fetch.fail(outcome, doing.fetch);
  if (examine !== undefined) return checkOut(fetch, ref, 'FETCH_HEAD');
  const lines = outcome.stdout.split('\n');
  const [fetched = '', head = fetched] = lines.filter((line) => /^[0-9a-f]{40,},/.test(line));
  return { ...verified(fetch, ref, fetched, head), stage: readStage(outcome.stdout) };
}

/** Where a ref of the server stands here, so that git fetches the tags of its history. */
const ownRef = 'refs/dock/source';

function fetchWords({ source, how }: GitFetch, ref: string, depth: number | undefined): readonly string[] {
  const tags = how.withTags ? [] : ['--no-tags'];
  const part = depth === undefined ? [] : ['--depth', String(depth)];
  return ['fetch', '--progress', ...tags, ...part, '--', source.url, how.withTags ? `+${ref}:${ownRef}` : ref];
}

/** For a commit that is looked at before it is checked out. */
async function fetchAlone(fetch: GitFetch, ref: string, words: readonly string[]) {
  const format = /^[0-9a-f]{64}$/.test(ref) ? ['--object-format=sha256'] : [];
  await fetch.run(['init', '--quiet', ...format], doing.prepare);
  return fetch.tryNetwork(words, doing.fetch);
}

/** The server gives only what its refs point to, so everything is fetched and the commit looked for in it. */
async function fetchEverything(fetch: GitFetch, ref: string, refusal: GitOutcome): Promise<void> {
  const { url } = fetch.source;
  const all = await fetch.tryNetwork(
    ['fetch', '--progress', '--tags', '--', url, '+refs/heads/*:refs/remotes/origin/*'],
    doing.fetch,
  );
  if (all.status !== 0) throw fetch.fail(all, doing.fetch);
  const found = await fetch.try(['rev-parse', '--verify', '--quiet', `${ref}^{commit}`], doing.fetch);
  if (found.status !== 0 || found.stdout.trim() === '') throw fetch.fail(refusal, doing.fetch);
}

/** A server that only hands out files gives no part of a history, and git does not look into what comes from it before it is all there. */
async function fetchPlainFiles(fetch: GitFetch, ref: string): Promise<FetchedCommit> {
  if (isCommitSha(ref)) {
    await fetchEverything(fetch, ref, { status: 1, stdout: '', stderr: `fatal: couldn't find remote ref ${ref}` });
  } else {
    const outcome = await fetch.tryNetwork(fetchWords(fetch, ref, undefined), doing.fetch);
    if (outcome.status !== 0) throw fetch.fail(outcome, doing.fetch);
  }
  await fetch.run([...fsckArguments, 'fsck', '--strict', '--no-dangling', '--no-progress'], doing.verify);
  return checkOut(fetch, ref, isCommitSha(ref) ? ref : 'FETCH_HEAD');
}

/** Step by step, where the fetch was not the usual one. @param fetched What names the fetched object */
async function checkOut(fetch: GitFetch, ref: string, fetched: string): Promise<FetchedCommit> {
  const said = await fetch.run(['log', '-1', ...commitFormat, `${fetched}^{commit}`, '--'], doing.read);
  await fetch.how.examine?.(`${fetched}^{commit}`);
  await fetch.run(['checkout', '--quiet', '--force', '--detach', `${fetched}^{commit}`], doing.checkOut);
  const commit = verified(fetch, ref, said, await fetch.run(['rev-parse', '--verify', 'HEAD^{commit}'], doing.verify));
  return { ...commit, stage: readStage(await fetch.run(['ls-files', '--stage'], doing.read)) };
}

/** What git says it has done, held against what it should have left. */
function verified(fetch: GitFetch, ref: string, said: string, head: string): Omit<FetchedCommit, 'stage'> {
  const [commit = '', written = '', committed = ''] = said.split(',');
  if (!isCommitSha(commit)) throw silent(fetch, `it names no commit for "${ref}"`);
  checkPin(fetch, commit);
  const [at = ''] = head.split(',');
  if (at !== commit) throw silent(fetch, `the checkout is at "${at}" instead of "${commit}"`);
  return { commit, written: readGitDate(written), committed: readGitDate(committed) };
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
  return new DockError('GIT_CLONE_FAILED', `Git reported success for "${source.displayUrl}", but ${fact}.`);
}
