import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceRequest } from '../../src/contracts/checkout.js';
import { DockError } from '../../src/errors/dock-error.js';
import { fetchSubmodules } from '../../src/source/fetch-submodules.js';
import type { GitFetch } from '../../src/source/git-fetch.js';
import { listSubmodules } from '../../src/source/list-submodules.js';
import { sourceDeadline } from '../../src/source/source-deadline.js';
import { SubmoduleBudget } from '../../src/source/submodule-budget.js';
import { submoduleUrl } from '../../src/source/submodule-url.js';
import { takeSource } from '../../src/source/take-source.js';
import {
  backend,
  commit,
  failure,
  fakeGitIn,
  git,
  guarded,
  place,
  repository,
  serve,
  type NotingContext,
  type Place,
  type TestServer,
} from './git-fixture.js';

let here: Place;
let server: TestServer;
const servers: TestServer[] = [];

async function started(listener: Parameters<typeof serve>[0]): Promise<TestServer> {
  const one = await serve(listener);
  servers.push(one);
  return one;
}

const repo = (name: string) => here.path('repos', name);

beforeEach(async () => {
  here = place();
  repository(repo('app.git'));
  repository(repo('part.git'), { part: 'part' });
  server = await started(backend(here.path('repos')));
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((one) => one.close()));
  here.remove();
});

type GitRequest = Extract<SourceRequest, { kind: 'git' }>;

async function take(options: Partial<GitRequest> = {}, context: NotingContext = here.context(), limitMs = 20_000) {
  const checkout = await takeSource({ kind: 'git', url: `${server.url}/app.git`, ...options }, context, limitMs);
  if (checkout === undefined) throw new Error('not understood');
  return checkout;
}

/** Adds a submodule and commits; the URL is as a stranger may write it. */
function addSubmodule(parent: string, path: string, url: string, from = 'part.git', name = path): void {
  git(repo(parent), 'clone', '--quiet', repo(from), path);
  git(repo(parent), 'config', '--file', '.gitmodules', `submodule.${name}.path`, path);
  git(repo(parent), 'config', '--file', '.gitmodules', `submodule.${name}.url`, url);
  commit(repo(parent), {});
}

/** The entry of a submodule in the index of its parent. */
const link = { mode: '160000', id: 'a'.repeat(40), path: 'part' };

describe('submodules', () => {
  test('are in the checkout, with a relative URL and without pointers to nowhere', async () => {
    addSubmodule('app.git', 'my part', '../part.git');
    const { directory } = await take();
    expect(readdirSync(join(directory, 'my part'))).toEqual(['part']);
    expect(readFileSync(join(directory, 'my part', 'part'), 'utf8')).toBe('part');
    expect(statSync(join(directory, 'my part')).mode & 0o777).toBe(0o755);
  });

  test.each<[string, Partial<GitRequest>, string]>([
    ['the request', { submodules: false }, ''],
    ['the URL', {}, '?submodules=0'],
  ])('are left out where %s says so, which is told', async (_, options, query) => {
    addSubmodule('app.git', 'part', '../part.git');
    const context = here.context();
    const { directory } = await take({ url: `${server.url}/app.git${query}`, ...options }, context);
    expect(readdirSync(join(directory, 'part'))).toEqual([]);
    expect(context.lines.join('\n')).toContain('Leaving out the submodules "part"');
  });

  test('are at the commit that their parent names, also one that no branch has any more', async () => {
    addSubmodule('app.git', 'part', '../part.git');
    const named = git(repo('part.git'), 'rev-parse', 'HEAD');
    commit(repo('part.git'), { part: 'later' });
    git(repo('part.git'), 'checkout', '--quiet', '--orphan', 'other');
    commit(repo('part.git'), { part: 'other' });
    git(repo('part.git'), 'branch', '-D', 'main');
    const { directory } = await take({ url: `${server.url}/app.git?keep-git-dir` });
    expect(readFileSync(join(directory, 'part', 'part'), 'utf8')).toBe('part');
    expect(git(join(directory, 'part'), 'rev-parse', 'HEAD')).toBe(named);
    expect(git(directory, 'submodule', 'status')).toMatch(new RegExp(`^ ?${named} part`));
    expect(git(directory, 'status', '--porcelain')).toBe('');
  });

  test('of submodules are there, too, and nothing is done where a link leads out', async () => {
    const path = 'a\n 0 link/wt';
    repository(repo('inner.git'), { inner: 'inner' });
    addSubmodule('part.git', 'größe', '../inner.git', 'inner.git');
    addSubmodule('app.git', path, '../part.git', 'part.git', 'part');
    mkdirSync(here.path('victim', 'wt'), { recursive: true });
    writeFileSync(here.path('victim', 'wt', '.git'), 'gitdir: elsewhere\n');
    commit(repo('app.git'), { link: { link: here.path('victim') } });
    const { directory } = await take();
    expect(existsSync(here.path('victim', 'wt', '.git'))).toBe(true);
    expect(readdirSync(join(directory, path)).toSorted()).toEqual(['.gitmodules', 'größe', 'part']);
    expect(readdirSync(join(directory, path, 'größe'))).toEqual(['inner']);
  });

  test('may be the build context', async () => {
    addSubmodule('app.git', 'part', '../part.git');
    const { directory, contextDir } = await take({ url: `${server.url}/app.git#main:part` });
    expect(contextDir).toBe(join(directory, 'part'));
    expect(readdirSync(contextDir)).toEqual(['part']);
  });

  test('of which .gitmodules has no URL are empty, with a warning', async () => {
    git(repo('app.git'), 'clone', '--quiet', repo('part.git'), 'part');
    commit(repo('app.git'), {});
    const context = here.context();
    const { directory } = await take({}, context);
    expect(readdirSync(join(directory, 'part'))).toEqual([]);
    expect(context.warnings).toEqual([expect.stringContaining('"part"')]);
  });

  test('that are not to be updated are empty', async () => {
    addSubmodule('app.git', 'part', '../part.git');
    git(repo('app.git'), 'config', '--file', '.gitmodules', 'submodule.part.update', 'none');
    commit(repo('app.git'), {});
    expect(readdirSync(join((await take()).directory, 'part'))).toEqual([]);
  });

  test('with LFS files are warned of', async () => {
    commit(repo('part.git'), { 'deep/er/.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n' });
    addSubmodule('app.git', 'part', '../part.git');
    const context = here.context();
    await take({}, context);
    expect(context.warnings).toEqual([expect.stringContaining('Git LFS')]);
  });
});

describe('a submodule obeys the rules of a source', () => {
  test.each([
    ['file:///etc', 'INVALID_GIT_URL', 'The scheme "file"'],
    ['ext::sh -c "touch MARKER"', 'INVALID_GIT_URL', 'The scheme "ext"'],
    ['http://git.example/part.git', 'INVALID_GIT_URL', 'The scheme "http"'],
    ['git://git.example/part.git', 'INVALID_GIT_URL', 'The scheme "git"'],
    ['/srv/part.git', 'SUBMODULES_REFUSED', 'no git URL but a path'],
    ['../../../../part.git', 'SUBMODULES_REFUSED', 'above the host'],
    ['https://git.example/part.git#main', 'SUBMODULES_REFUSED', 'a query or a fragment'],
  ])('%s is %s', async (url, code, words) => {
    addSubmodule('app.git', 'part', url.replace('MARKER', here.path('marker')));
    const error = await failure(take());
    expect(error).toMatchObject({ code, exitStatus: 2, details: { submodule: 'part' } });
    expect(error.message).toContain(`The submodule "part" of "${server.url}/app.git" cannot be fetched`);
    expect(error.message).toContain(words);
    expect(existsSync(here.path('marker'))).toBe(false);
  });

  test('fails the source when it cannot be fetched', async () => {
    addSubmodule('app.git', 'part', '../gone.git');
    const error = await failure(take());
    expect(error.code).toBe('GIT_CLONE_FAILED');
    expect(error.message).toContain(`git could not fetch "${server.url}/gone.git"`);
  });

  test('may have files of another machine only where the run allows it', async () => {
    addSubmodule('app.git', 'part', repo('part.git'));
    const { directory } = await take({ allowedSchemes: ['file'] });
    expect(readdirSync(join(directory, 'part'))).toEqual(['part']);
  });

  test('may come from another server of this machine only where the run allows it', async () => {
    const other = await started(backend(here.path('repos')));
    addSubmodule('app.git', 'part', `${other.url}/part.git`);
    const error = await failure(take());
    expect(error).toMatchObject({ code: 'INVALID_GIT_URL', details: { submodule: 'part' } });
    expect(error.message).toContain('The scheme "http"');
    expect(other.requests).toEqual([]);
    const { directory } = await take({ allowedSchemes: ['http'] });
    expect(readdirSync(join(directory, 'part'))).toEqual(['part']);
  });

  test('fails with the error that it met, and all that this carries', async () => {
    addSubmodule('app.git', 'part', '../part.git');
    const met = new DockError('GIT_CLONE_FAILED', 'It broke.', {
      ...{ hint: 'Mend it.', phase: 'source', plugin: 'p', exitStatus: 4, details: { host: 'h' } },
      cause: new Error('why'),
    });
    met.attached.push(new DockError('TIMEOUT', 'Later.'));
    const needs = {
      context: here.context(),
      deadline: sourceDeadline(new AbortController().signal, 0),
      ...{ allowedSchemes: [], access: [], ssh: { keys: [] }, depth: undefined },
      ...{ withTags: false, isLfs: false, keepGitDir: false },
      budget: new SubmoduleBudget({}, 'app'),
    };
    const url = `${server.url}/app.git`;
    const parent = { source: { url, displayUrl: url }, directory: repo('app.git') } as GitFetch;
    const error = await failure(
      fetchSubmodules(parent, [link], here.directory, needs, 1, async () => Promise.reject(met)),
    );
    expect(error).toMatchObject({
      ...{ code: met.code, hint: met.hint, phase: 'source', plugin: 'p', exitStatus: 4, cause: met.cause },
      message: `The submodule "part" of "${url}" cannot be fetched: It broke.`,
      details: { host: 'h', submodule: 'part' },
      stack: met.stack,
      attached: met.attached,
    });
  });

  test.each([
    ['cancelled', 0, 'CANCELLED'],
    ['out of time', 300, 'GIT_TIMEOUT'],
  ])('whose list was being read is %s, not refused', async (_, limitMs, code) => {
    const cancel = new AbortController();
    const env = fakeGitIn(here, 'sleep 30');
    const deadline = sourceDeadline(cancel.signal, limitMs);
    const url = `${server.url}/app.git`;
    const reading = failure(
      listSubmodules({ source: { url, displayUrl: url }, directory: repo('app.git') }, [link], { env, deadline }),
    );
    if (limitMs === 0) cancel.abort('SIGTERM');
    expect((await reading).code).toBe(code);
  });

  test('cannot bring hooks, and its own config counts for nothing', async () => {
    addSubmodule('app.git', 'part', '../part.git');
    const marker = here.path('marker');
    git(repo('app.git'), 'config', '--file', '.gitmodules', 'submodule.part.update', `!touch ${marker}`);
    git(repo('app.git'), 'config', '--file', '.gitmodules', 'core.hooksPath', '/tmp');
    commit(repo('app.git'), {});
    // git's own checks refuse a command in .gitmodules before anything is checked out.
    expect((await failure(take())).message).toContain('gitmodulesUpdate');
    expect(existsSync(marker)).toBe(false);
  });
});

describe('credentials', () => {
  const withUser = (url: string) => url.replace('http://', 'http://robot:secret-1@');

  test('of the source reach a submodule of the same server', async () => {
    addSubmodule('app.git', 'part', '../part.git');
    const closed = await started(guarded('robot', 'secret-1', backend(here.path('repos'))));
    const context = here.context();
    const { directory } = await take({ url: `${withUser(closed.url)}/app.git?keep-git-dir` }, context);
    expect(readdirSync(join(directory, 'part'))).toEqual(['.git', 'part']);
    const files = readdirSync(context.workDir, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
    const texts = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'));
    expect(texts.filter((text) => text.includes('secret-1'))).toEqual([]);
  });

  test('of the source do not reach a submodule of another server', async () => {
    const other = await started(guarded('robot', 'secret-1', backend(here.path('repos'))));
    addSubmodule('app.git', 'part', `${other.url}/part.git`);
    const closed = await started(guarded('robot', 'secret-1', backend(here.path('repos'))));
    const error = await failure(take({ url: `${withUser(closed.url)}/app.git`, allowedSchemes: ['http'] }));
    expect(error.code).toBe('AUTH_FAILED');
    expect(error.message).toContain('the server wants credentials, and none were given');
    expect(other.requests.length).toBeGreaterThan(0);
    expect(other.requests.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
  });

  test('in the URL of a submodule are used for it, and masked', async () => {
    const other = await started(guarded('robot', 'secret-1', backend(here.path('repos'))));
    addSubmodule('app.git', 'part', `${withUser(other.url)}/part.git`);
    const context = here.context();
    const { directory } = await take({ allowedSchemes: ['http'] }, context);
    expect(readdirSync(join(directory, 'part'))).toEqual(['part']);
    expect(context.secrets).toContain('secret-1');
    expect(context.lines.join('\n')).not.toContain('secret-1');
  });
});

describe('limits', () => {
  /** Text that git cannot make much smaller. */
  const noise = (words: number) => Array.from({ length: words }, () => Math.random().toString(36)).join('');

  test('count once what a fetch brings', async () => {
    const text = noise(100_000);
    commit(repo('part.git'), { noise: text });
    addSubmodule('app.git', 'part', '../part.git');
    const size = text.length;
    // What is fetched is over half of the files, so that twice of it and the files is more than this.
    const { directory } = await take({ keepGitDir: true, submodules: { bytes: 2 * size } });
    expect(statSync(join(directory, 'part', 'noise')).size).toBe(size);
  });

  test('of which one ends a fetch leave no credentials behind', async () => {
    commit(repo('part.git'), { noise: noise(60_000) });
    addSubmodule('app.git', 'part', '../part.git');
    const closed = await started(guarded('robot', 'secret-1', backend(here.path('repos'))));
    const context = here.context();
    const url = `${closed.url.replace('http://', 'http://robot:secret-1@')}/app.git`;
    const error = await failure(take({ url, submodules: { bytes: 100_000 } }, context));
    expect(error.code).toBe('SUBMODULES_REFUSED');
    const written = readdirSync(context.workDir, { recursive: true }).map(String);
    expect(written.filter((name) => name.endsWith('git-credentials'))).toEqual([]);
  });

  test('do not hide the error of a fetch that brought too much and then broke', async () => {
    const packs = here.path('half', '.git', 'objects', 'pack');
    mkdirSync(packs, { recursive: true });
    const budget = new SubmoduleBudget({ bytes: 1000 }, 'app');
    const watch = budget.watch(here.path('half'), () => undefined);
    writeFileSync(join(packs, 'tmp_pack'), '0'.repeat(2000));
    expect(() => watch.stop()).not.toThrow();
    budget.addBytes(1000);
    expect(() => budget.addBytes(1)).toThrow('have more than 1000 bytes');
  });

  test('end a repository that is its own submodule', async () => {
    addSubmodule('app.git', 'self', './', 'app.git');
    git(repo('app.git'), 'config', '--file', '.gitmodules', 'submodule.self.url', '../app.git');
    commit(repo('app.git'), {});
    // Each names the one before it: without an end only where there is a limit, so a chain of four and a limit of three.
    for (let more = 0; more < 3; more += 1) {
      git(join(repo('app.git'), 'self'), 'pull', '--quiet', repo('app.git'), 'main');
      commit(repo('app.git'), {});
    }
    const error = await failure(take({ submodules: { depth: 3 } }, here.context(), 60_000));
    expect(error).toMatchObject({ code: 'SUBMODULES_REFUSED', exitStatus: 2, retryable: false });
    expect(error.message).toContain('nested more than 3 deep');
    expect(error.hint).toContain('--no-submodules');
  });

  test('hold for the number of all', async () => {
    for (const name of ['a', 'b', 'c']) addSubmodule('app.git', name, '../part.git');
    expect((await failure(take({ submodules: { count: 2 } }))).message).toContain('are more than 2');
    expect(readdirSync((await take({ submodules: { count: 3 } })).directory)).toContain('c');
  });

  test('hold for the size of the files before they are written', async () => {
    commit(repo('part.git'), { zeros: '0'.repeat(3_000_000) });
    addSubmodule('app.git', 'part', '../part.git');
    const context = here.context();
    const error = await failure(take({ submodules: { bytes: 1_000_000 } }, context));
    expect(error.code).toBe('SUBMODULES_REFUSED');
    expect(error.message).toContain('have more than 1000000 bytes');
    const written = readdirSync(context.workDir, { recursive: true }).map(String);
    expect(written.filter((name) => name.endsWith('zeros'))).toEqual([]);
  });

  test('hold for one file under very many names', async () => {
    const id = git(repo('part.git'), 'rev-parse', 'HEAD:part');
    const names = Array.from({ length: 300 }, (_, n) => ['--cacheinfo', `100644,${id},n${n}`]);
    git(repo('part.git'), 'update-index', '--add', ...names.flat());
    git(repo('part.git'), 'commit', '--quiet', '--message', 'many');
    addSubmodule('app.git', 'part', '../part.git');
    expect((await failure(take({ submodules: { bytes: 1_000_000 } }))).code).toBe('SUBMODULES_REFUSED');
  });

  test('end a fetch that brings too much', async () => {
    commit(repo('part.git'), { noise: noise(60_000) });
    addSubmodule('app.git', 'part', '../part.git');
    const error = await failure(take({ submodules: { bytes: 100_000 } }));
    expect(error.code).toBe('SUBMODULES_REFUSED');
  });
});

describe('a git with known faults', () => {
  test.each([
    ['an old one', 'case "$*" in *version) echo "git version 2.17.0"; exit 0;; esac'],
    ['one that loses a carriage return', 'case "$*" in *" --get dock.probe") printf "x\\0"; exit 0;; esac'],
  ])('%s fetches no submodules', async (_, script) => {
    addSubmodule('app.git', 'part', '../part.git');
    const env = fakeGitIn(here, `${script}\nreal "$@"`);
    const error = await failure(take({}, here.context({ env })));
    expect(error.code).toBe('SUBMODULES_REFUSED');
    expect(error.message).toContain('known faults');
    expect(readdirSync(join((await take({ submodules: false }, here.context({ env }))).directory, 'part'))).toEqual([]);
  });
});

describe('a kept .git', () => {
  test('knows its tags', async () => {
    git(repo('app.git'), 'tag', '--annotate', '--message', 'v1', 'v1.0');
    commit(repo('app.git'), { later: 'x' });
    commit(repo('app.git'), { later: 'y' });
    const said = git(repo('app.git'), 'describe', '--tags');
    expect(said).toMatch(/^v1\.0-2-g/);
    for (const url of [`${server.url}/app.git?keep-git-dir`, `${server.url}/app.git?keep-git-dir#main`]) {
      const { directory } = await take({ url });
      expect(git(directory, 'describe', '--tags')).toBe(said);
      expect(git(directory, 'for-each-ref', '--format=%(refname)')).toBe('refs/tags/v1.0');
    }
    const { directory } = await take({ keepGitDir: true, ref: 'v1.0' });
    expect(git(directory, 'describe', '--tags')).toBe('v1.0');
    expect(git(directory, 'config', 'remote.origin.url')).toBe(`${server.url}/app.git`);
  });
});

test.each([
  ['https://h.example/a/app.git', '../lib.git', 'https://h.example/a/lib.git'],
  ['https://h.example/a/app.git/', '../lib.git/', 'https://h.example/a/lib.git'],
  ['https://h.example/a/app.git', './lib.git', 'https://h.example/a/app.git/lib.git'],
  ['https://h.example/a/app.git', '../../b/lib.git', 'https://h.example/b/lib.git'],
  ['https://h.example/a/app.git', '../../../evil.example/lib.git', undefined],
  ['https://h.example/a/app.git', '../../../../lib.git', undefined],
  ['git@h.example:a/app.git', '../lib.git', 'git@h.example:a/lib.git'],
  ['git@h.example:app.git', '../lib.git', 'git@h.example:lib.git'],
  ['git@h.example:app.git', '../../lib.git', undefined],
  ['https://h.example/a/app.git', 'https://o.example/x.git', 'https://o.example/x.git'],
  ['https://h.example/a/app.git', 'lib.git', 'lib.git'],
])('of %s, %s is %s', (parent, url, expected) => {
  expect(submoduleUrl(parent, url)).toBe(expected);
});
