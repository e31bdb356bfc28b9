import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { existsSync, lstatSync, readFileSync, readdirSync, statSync, writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceRequest } from '../../src/contracts/checkout.js';
import { takeSource } from '../../src/source/take-source.js';
import {
  backend,
  commit,
  failure,
  fakeGitIn,
  git,
  guarded,
  place,
  processesOf,
  repository,
  serve,
  type NotingContext,
  type Place,
  type TestServer,
} from './git-fixture.js';

let here: Place;
let server: TestServer;
let first: string;
const servers: TestServer[] = [];

async function started(listener: Parameters<typeof serve>[0]): Promise<TestServer> {
  const one = await serve(listener);
  servers.push(one);
  return one;
}

beforeEach(async () => {
  here = place();
  first = repository(here.path('repos', 'app.git'), {
    Dockerfile: 'FROM scratch\n',
    'sub/Dockerfile': 'FROM scratch\nEXPOSE 5000\n',
    'inner/link': { link: '../sub' },
    'out/link': { link: '../../../../../../../../etc' },
  });
  server = await started(backend(here.path('repos')));
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((one) => one.close()));
  here.remove();
});

const fakeGit = (script: string) => fakeGitIn(here, script);

type GitRequest = Extract<SourceRequest, { kind: 'git' }>;

async function take(options: Partial<GitRequest> = {}, context: NotingContext = here.context(), limitMs = 20_000) {
  const checkout = await takeSource({ kind: 'git', url: `${server.url}/app.git`, ...options }, context, limitMs);
  if (checkout === undefined) throw new Error('not understood');
  return checkout;
}

function allFiles(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

describe('what is fetched', () => {
  test('the default branch, one commit deep, with its facts', async () => {
    commit(here.path('repos', 'app.git'), { Dockerfile: 'FROM scratch\nLABEL a=b\n' });
    const head = git(here.path('repos', 'app.git'), 'rev-parse', 'HEAD');
    const context = here.context();
    const checkout = await take({}, context);
    expect(checkout).toEqual({
      kind: 'git',
      directory: join(context.workDir, 'checkout'),
      contextDir: join(context.workDir, 'checkout'),
      git: {
        url: `${server.url}/app.git`,
        commit: head,
        authorDate: '2024-05-06T07:08:09+02:00',
        commitDate: '2024-06-06T07:08:09+02:00',
        isDirty: false,
      },
    });
    expect(readFileSync(join(checkout.directory, 'Dockerfile'), 'utf8')).toBe('FROM scratch\nLABEL a=b\n');
    expect(git(context.workDir, '--git-dir=git', 'rev-list', '--count', 'HEAD')).toBe('1');
    expect(existsSync(join(checkout.directory, '.git'))).toBe(false);
    expect(context.lines[0]).toBe(`Fetching "${server.url}/app.git" at its default branch`);
  });

  test('as much history as asked, and .git where the URL keeps it', async () => {
    commit(here.path('repos', 'app.git'), { a: 'a' });
    commit(here.path('repos', 'app.git'), { b: 'b' });
    const { directory } = await take({ url: `${server.url}/app.git?keep-git-dir=1`, depth: 2 });
    expect(git(directory, 'rev-list', '--count', 'HEAD')).toBe('2');
    expect(git(directory, 'status', '--porcelain')).toBe('');
  });

  test.each([
    ['branch', 'side'],
    ['full branch', 'refs/heads/side'],
    ['branch with a slash', 'release/1.2'],
    ['light tag', 'v1'],
    ['annotated tag', 'v2'],
    ['pull request', 'pull/7/head'],
    ['full pull request', 'refs/pull/7/head'],
  ])('a ref: %s', async (_, ref) => {
    const source = here.path('repos', 'app.git');
    git(source, 'checkout', '--quiet', '-b', 'side');
    const side = commit(source, { side: 'side' });
    git(source, 'branch', 'release/1.2');
    git(source, 'tag', 'v1');
    git(source, 'tag', '--annotate', '--message', 'v2', 'v2');
    git(source, 'update-ref', 'refs/pull/7/head', side);
    git(source, 'checkout', '--quiet', 'main');
    const checkout = await take({ url: `${server.url}/app.git#${ref}` });
    expect(checkout.git).toMatchObject({ commit: side, ref });
    expect(existsSync(join(checkout.directory, 'side'))).toBe(true);
    expect((await take({ url: `${server.url}/app.git#main`, ref })).git).toMatchObject({ commit: side, ref });
  });

  test('a commit that no ref points to', async () => {
    commit(here.path('repos', 'app.git'), { later: 'x' });
    expect((await take({ ref: first })).git).toMatchObject({ commit: first, ref: first });
  });

  test('a commit from a server that gives only what its refs point to, by everything else', async () => {
    const old = await started(backend(here.path('repos'), {}, 'version=0'));
    commit(here.path('repos', 'app.git'), { later: 'x' });
    const checkout = await take({ url: `${old.url}/app.git`, ref: first });
    expect(checkout.git?.commit).toBe(first);
    expect(existsSync(join(checkout.directory, 'later'))).toBe(false);
  });

  test('the commit that the URL pins, and no other', async () => {
    expect((await take({ url: `${server.url}/app.git?branch=main&commit=${first}` })).git?.commit).toBe(first);
    const error = await failure(take({ url: `${server.url}/app.git?branch=main&commit=${'0'.repeat(40)}` }));
    expect(error).toMatchObject({ code: 'GIT_REF_NOT_FOUND', exitStatus: 2, retryable: false });
    expect(error.message).toContain(first);
  });

  test('the commit itself where the URL asks for it, wherever its branch is by now', async () => {
    commit(here.path('repos', 'app.git'), { later: 'x' });
    const checkout = await take({ url: `${server.url}/app.git?branch=main&commit=${first}&fetch-by-commit` });
    expect(checkout.git).toMatchObject({ commit: first, ref: 'refs/heads/main' });
    expect(existsSync(join(checkout.directory, 'later'))).toBe(false);
  });

  test('the times of the commit where the URL asks for them', async () => {
    const { directory } = await take({ url: `${server.url}/app.git?mtime=commit&keep-git-dir` });
    const seconds = Number(git(directory, 'log', '-1', '--format=%ct'));
    for (const path of ['.', 'Dockerfile', 'sub', 'sub/Dockerfile', 'inner/link', 'out/link'])
      expect([path, lstatSync(join(directory, path)).mtimeMs]).toEqual([path, seconds * 1000]);
  });

  test('a repository of SHA-256 objects', async () => {
    const source = here.path('repos', 'wide.git');
    mkdirSync(source);
    git(source, 'init', '--quiet', '--object-format=sha256', '--initial-branch=main');
    const wide = commit(source, { Dockerfile: 'FROM scratch\n' });
    expect(wide).toHaveLength(64);
    expect((await take({ url: `${server.url}/wide.git` })).git?.commit).toBe(wide);
    expect((await take({ url: `${server.url}/wide.git`, ref: wide })).git?.commit).toBe(wide);
  });

  test('a file URL when the run allows it', async () => {
    const url = `file://${here.path('repos', 'app.git')}`;
    expect((await take({ url, allowedSchemes: ['file'] })).git).toMatchObject({ url, commit: first });
    expect(await failure(take({ url }))).toMatchObject({ code: 'INVALID_GIT_URL' });
  });

  test('LFS files by git-lfs when asked; else their pointers, with a warning', async () => {
    commit(here.path('repos', 'app.git'), { '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n' });
    const context = here.context();
    await take({}, context);
    expect(context.warnings).toEqual([expect.stringContaining('LFS')]);
    const env = fakeGit('case "$*" in *" lfs pull origin") echo pulled > big.bin; exit 0;; esac\nreal "$@"');
    const { directory } = await take({ lfs: true }, here.context({ env }));
    expect(readFileSync(join(directory, 'big.bin'), 'utf8')).toBe('pulled\n');
  });

  test('no LFS files without git-lfs', async () => {
    const env = fakeGit(
      `case "$*" in *" lfs pull origin") echo "git: 'lfs' is not a git command." >&2; exit 1;; esac\nreal "$@"`,
    );
    const error = await failure(take({ lfs: true }, here.context({ env })));
    expect(error.code).toBe('COMMAND_NOT_FOUND');
    expect(error.message).toContain('git-lfs');
  });
});

describe('the build context', () => {
  test.each([
    ['#:sub', 'sub'],
    ['#main:/sub/', 'sub'],
    ['?subdir=sub#main', 'sub'],
    ['#main:inner/link', 'sub'],
  ])('%s is the directory %s of the checkout', async (suffix, expected) => {
    const { directory, contextDir } = await take({ url: `${server.url}/app.git${suffix}` });
    expect(contextDir).toBe(join(directory, expected));
  });

  test('the request wins over the URL', async () => {
    const { directory, contextDir } = await take({ url: `${server.url}/app.git#main:inner`, subdir: 'sub' });
    expect(contextDir).toBe(join(directory, 'sub'));
  });

  test.each([
    ['#main:out/link', {}, 'PATH_ESCAPES_REPO', '/etc'],
    ['#main:../../etc', {}, 'PATH_ESCAPES_REPO', '../../etc'],
    ['', { subdir: '../../etc' }, 'PATH_ESCAPES_REPO', 'etc'],
    ['', { subdir: '/etc' }, 'PATH_ESCAPES_REPO', '/etc'],
    ['#main:Dockerfile', {}, 'SOURCE_NOT_FOUND', 'not a directory'],
    ['#main:none', {}, 'SOURCE_NOT_FOUND', 'does not exist'],
  ] as const)('%s %j is refused: %s', async (suffix, options, code, words) => {
    const error = await failure(take({ url: `${server.url}/app.git${suffix}`, ...options }));
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
  });
});

describe('what is refused before any process', () => {
  test.each([
    [{ ref: '--upload-pack=touch x' }, 'INVALID_GIT_REF'],
    [{ ref: '-B' }, 'INVALID_GIT_REF'],
    [{ ref: 'with space' }, 'INVALID_GIT_REF'],
    [{ ref: 'a..b' }, 'INVALID_GIT_REF'],
    [{ ref: '@{' }, 'INVALID_GIT_REF'],
    [{ url: 'https://localhost/a.git#--upload-pack=touch x' }, 'INVALID_GIT_REF'],
    [{ url: 'ext::sh -c touch% x' }, 'INVALID_GIT_URL'],
    [{ url: 'file:///etc' }, 'INVALID_GIT_URL'],
    [{ url: '/abs/path' }, 'INVALID_GIT_URL'],
    [{ url: 'fd::17' }, 'INVALID_GIT_URL'],
    [{ url: 'http://git.example/a.git' }, 'INVALID_GIT_URL'],
    [{ url: '--upload-pack=x' }, 'INVALID_GIT_URL'],
    [{ depth: 0 }, 'INVALID_OPTION'],
  ])('%j is %s', async (request, code) => {
    const env = fakeGit(`touch ${here.path('started')}`);
    expect((await failure(take(request, here.context({ env })))).code).toBe(code);
    expect(existsSync(here.path('started'))).toBe(false);
  });
});

describe('a fetch that fails', () => {
  test('says that the ref is missing', async () => {
    const error = await failure(take({ ref: 'nope' }));
    expect(error).toMatchObject({ code: 'GIT_REF_NOT_FOUND', exitStatus: 2, retryable: false });
    expect(error.message).toBe(`The repository "${server.url}/app.git" has no ref "nope".`);
  });

  test('says that a commit is missing', async () => {
    const error = await failure(take({ ref: 'f'.repeat(40) }));
    expect(error.message).toContain(`has no ref "${'f'.repeat(40)}"`);
  });

  test('says that the repository is missing, or empty', async () => {
    const error = await failure(take({ url: `${server.url}/none.git` }));
    expect(error.code).toBe('GIT_CLONE_FAILED');
    expect(error.message).toContain('not found');
    mkdirSync(here.path('repos', 'empty.git'));
    git(here.path('repos', 'empty.git'), 'init', '--quiet', '--bare');
    expect((await failure(take({ url: `${server.url}/empty.git` }))).message).toContain(
      'no commit on its default branch',
    );
  });

  test('names the signal of a killed git', async () => {
    const env = fakeGit('case "$*" in *" fetch "*) kill -9 $$;; esac\nreal "$@"');
    const error = await failure(take({}, here.context({ env })));
    expect(error.code).toBe('GIT_CLONE_FAILED');
    expect(error.message).toContain('SIGKILL');
  });

  test.each([
    ['init', 'prepare the checkout of'],
    ['fetch', 'fetch'],
    ['checkout', 'check out'],
    ['log', 'read the commit of'],
  ])('names the step and the status of a git whose %s fails and says nothing', async (command, words) => {
    const env = fakeGit(`case "$* " in *" ${command} "*) exit 3;; esac\nreal "$@"`);
    const error = await failure(take({}, here.context({ env })));
    expect(error.code).toBe('GIT_CLONE_FAILED');
    expect(error.message).toContain(`git could not ${words} "${server.url}/app.git"`);
    expect(error.message).toContain('status 3');
  });

  test.each(['fetch', 'checkout', 'log'])('does not believe a git whose %s does nothing', async (command) => {
    const env = fakeGit(`case "$* " in *" ${command} "*) exit 0;; esac\nreal "$@"`);
    expect((await failure(take({}, here.context({ env })))).code).toBe('GIT_CLONE_FAILED');
  });

  test('does not believe a git that checks out another commit', async () => {
    const other = 'real -c user.name=a -c user.email=a@b commit --quiet --allow-empty -m other';
    const env = fakeGit(`case "$* " in *" checkout "*) (real "$@"); (${other}); exit 0;; esac\nreal "$@"`);
    const error = await failure(take({}, here.context({ env })));
    expect(error.code).toBe('GIT_CLONE_FAILED');
    expect(error.message).toContain('the checkout is at');
  });

  test('does not believe a launcher that was killed', async () => {
    const env = fakeGit(
      'case "$* " in *" checkout "*) kill -9 $(cut -d" " -f4 /proc/$PPID/stat); exit 0;; esac\nreal "$@"',
    );
    const error = await failure(take({}, here.context({ env })));
    expect(error.code).toBe('GIT_CLONE_FAILED');
    expect(error.message).toContain('no exit status');
  });

  test('does not believe steps whose shell was killed', async () => {
    const env = fakeGit('case "$* " in *" checkout "*) kill -9 $PPID; exit 0;; esac\nreal "$@"');
    const error = await failure(take({}, here.context({ env })));
    expect(error.code).toBe('GIT_CLONE_FAILED');
    expect(error.message).toContain('SIGKILL');
  });

  test('says that git is not installed', async () => {
    mkdirSync(here.path('nothing'));
    const error = await failure(take({}, here.context({ env: { PATH: here.path('nothing') } })));
    expect(error.code).toBe('COMMAND_NOT_FOUND');
  });

  test('tries three times when the network fails', async () => {
    let refusals = 0;
    const flaky = await started((incoming, outgoing) => {
      if (refusals < 2) {
        refusals += 1;
        outgoing.writeHead(503).end();
        return;
      }
      backend(here.path('repos'))(incoming, outgoing);
    });
    expect((await take({ url: `${flaky.url}/app.git` })).git?.commit).toBe(first);
    refusals = -10;
    const error = await failure(take({ url: `${flaky.url}/app.git` }));
    expect(error.code).toBe('GIT_CLONE_FAILED');
    expect(error.message).toContain('after 3 attempts');
    expect(error.details).toMatchObject({ attempts: 3 });
  });
});

describe('a server that says too much', () => {
  test('is given up, and what it says is not kept', async () => {
    const packet = (text: string) => (text.length + 4).toString(16).padStart(4, '0') + text;
    const noise = packet(`\u0002${'x'.repeat(60_000)}\n`);
    const noisy = await started((incoming, outgoing) => {
      if (incoming.method === 'GET') {
        backend(here.path('repos'), {}, 'version=2')(incoming, outgoing);
        return;
      }
      const asked: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => asked.push(chunk));
      incoming.on('end', () => {
        outgoing.writeHead(200, { 'Content-Type': 'application/x-git-upload-pack-result' });
        if (Buffer.concat(asked).includes('command=ls-refs')) {
          outgoing.end(`${packet(`${first} HEAD\n`)}0000`);
          return;
        }
        outgoing.write(packet('packfile\n'));
        const flood = () => {
          while (!outgoing.destroyed && outgoing.write(noise));
        };
        outgoing.on('drain', flood);
        flood();
      });
    });
    const error = await failure(take({ url: `${noisy.url}/app.git` }, here.context(), 60_000));
    expect(error).toMatchObject({ code: 'GIT_CLONE_FAILED', retryable: false });
    expect(error.message).toMatch(/^git could not fetch "http:.*": it wrote more than 32 MiB of messages/);
    expect(error.message.length).toBeLessThan(300);
    expect(processesOf(here.directory)).toEqual([]);
  });
});

describe('a server that says nothing', () => {
  test('is given up at the limit, and no process is left', async () => {
    const silent = await started(() => undefined);
    const begun = Date.now();
    const error = await failure(take({ url: `${silent.url}/app.git` }, here.context(), 3000));
    expect(error.code).toBe('GIT_TIMEOUT');
    expect(error.message).toContain('3 s');
    expect(silent.requests).toHaveLength(1);
    expect(Date.now() - begun).toBeLessThan(10_000);
    expect(processesOf(here.directory)).toEqual([]);
  });

  test('is given up when the run is cancelled', async () => {
    const cancel = new AbortController();
    const silent = await started(() => cancel.abort('SIGTERM'));
    const error = await failure(take({ url: `${silent.url}/app.git` }, here.context({ signal: cancel.signal })));
    expect(error).toMatchObject({ code: 'CANCELLED', exitStatus: 143 });
    expect(processesOf(here.directory)).toEqual([]);
  });

  test('is given up by force when git does not listen', async () => {
    const env = fakeGit(`trap '' TERM INT\ncase "$*" in *" fetch "*) while :; do sleep 0.2; done;; esac\nreal "$@"`);
    const error = await failure(take({}, here.context({ env }), 500));
    expect(error.code).toBe('GIT_TIMEOUT');
    expect(processesOf(here.directory)).toEqual([]);
  });

  test('is not asked at all by a run that is cancelled already', async () => {
    const error = await failure(take({}, here.context({ signal: AbortSignal.abort() })));
    expect(error.code).toBe('CANCELLED');
    expect(server.requests).toEqual([]);
  });
});

describe('credentials', () => {
  const secret = 'p@ss/w0rd+&é';
  const withCredentials = (url: string) => url.replace('http://', `http://robot:${encodeURIComponent(secret)}@`);

  test('reach their server and nothing else', async () => {
    const closed = await started(guarded('robot', secret, backend(here.path('repos'))));
    const seen = here.path('seen');
    const env = fakeGit(`{ printf '%s\\n' "$*"; env; } >> ${seen}\nreal "$@"`);
    const context = here.context({ env });
    const checkout = await take({ url: withCredentials(`${closed.url}/app.git?keep-git-dir=1`) }, context);
    expect(checkout.git).toMatchObject({ url: `${closed.url}/app.git`, commit: first });
    expect(context.secrets).toEqual([secret, `robot:${secret}`]);
    const written = [...allFiles(context.workDir), seen].map((file) => readFileSync(file, 'utf8'));
    const texts = [...written, ...context.lines, JSON.stringify(checkout)];
    const forms = [secret, encodeURIComponent(secret), Buffer.from(`robot:${secret}`).toString('base64')];
    for (const form of forms) expect(texts.filter((text) => text.includes(form))).toEqual([]);
    expect(readFileSync(seen, 'utf8')).toContain(' fetch ');
  });

  test('lie in a file that only the user can read while git runs', async () => {
    const closed = await started(guarded('robot', secret, backend(here.path('repos'))));
    const context = here.context();
    const file = join(context.workDir, 'git-credentials');
    const modes: number[] = [];
    const watching = await started((incoming, outgoing) => {
      modes.push(statSync(file).mode & 0o777);
      guarded('robot', secret, backend(here.path('repos')))(incoming, outgoing);
    });
    expect(closed.requests).toEqual([]);
    await take({ url: withCredentials(`${watching.url}/app.git`) }, context);
    expect(new Set(modes)).toEqual(new Set([0o600]));
    expect(existsSync(file)).toBe(false);
  });

  test('a token without a password is a secret, too', async () => {
    const closed = await started(guarded('tok-123456', '', backend(here.path('repos'))));
    const context = here.context();
    const checkout = await take({ url: closed.url.replace('http://', 'http://tok-123456@') + '/app.git' }, context);
    expect(checkout.git?.url).toBe(`${closed.url}/app.git`);
    expect(context.secrets).toContain('tok-123456');
  });

  test('do not follow a redirect to another host', async () => {
    const other = await started(guarded('robot', secret, backend(here.path('repos'))));
    const moved = await started(
      guarded('robot', secret, (incoming, outgoing) => {
        outgoing.writeHead(302, { Location: `${other.url}${incoming.url}` }).end();
      }),
    );
    expect((await failure(take({ url: withCredentials(`${moved.url}/app.git`) }))).code).toBe('AUTH_FAILED');
    expect(other.requests.length).toBeGreaterThan(0);
    expect(other.requests.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
  });

  test.each([
    ['wrong', 'http://robot:wrong-secret@', 'the credentials of the URL were refused'],
    ['missing', 'http://', 'the server wants credentials, and none were given'],
  ])('%s: the server is named and the secret is not', async (_, start, words) => {
    const closed = await started(guarded('robot', secret, backend(here.path('repos'))));
    const context = here.context();
    const error = await failure(take({ url: `${closed.url.replace('http://', start)}/app.git` }, context));
    expect(error.code).toBe('AUTH_FAILED');
    expect(error.message).toContain(words);
    expect(error.message).toContain(closed.url.replace('http://', ''));
    const all = [String(error.stack), JSON.stringify(error), ...context.lines].join('\n');
    expect(all).not.toContain('wrong-secret');
    expect(all.includes('xxxxx:xxxxx@')).toBe(start.includes('robot'));
  });
});

describe('a hostile machine or repository', () => {
  test('ambient config, hooks and environment do not count', async () => {
    const marker = here.path('marker');
    const home = here.path('home');
    const hook = here.path('templates', 'hooks', 'post-checkout');
    mkdirSync(here.path('templates', 'hooks'), { recursive: true });
    mkdirSync(home);
    writeFileSync(hook, `#!/bin/sh\ntouch ${marker}\n`, { mode: 0o755 });
    writeFileSync(
      join(home, '.gitconfig'),
      `[core]\n\thooksPath = ${here.path('templates', 'hooks')}\n\tfsmonitor = touch ${marker}\n[url "http://127.0.0.1:1/"]\n\tinsteadOf = ${server.url}/\n`,
    );
    const env = {
      PATH: process.env['PATH'],
      HOME: home,
      GIT_CONFIG_GLOBAL: join(home, '.gitconfig'),
      GIT_TEMPLATE_DIR: here.path('templates'),
      GIT_DIR: here.path('elsewhere'),
      GIT_ASKPASS: `touch ${marker}`,
      GIT_TRACE: here.path('trace'),
    };
    expect((await take({}, here.context({ env }))).git?.commit).toBe(first);
    expect(existsSync(marker)).toBe(false);
    expect(existsSync(here.path('trace'))).toBe(false);
  });

  test('git sees nothing of the environment but what it needs', async () => {
    const seen = here.path('seen');
    const { PATH } = fakeGit(`env >> ${seen}\nreal "$@"`);
    await take(
      {},
      here.context({
        env: { PATH, SECRET: 'hidden', no_proxy: '127.0.0.1', GIT_SSL_CAINFO: '/ca.pem', SSH_AUTH_SOCK: '/agent' },
      }),
    );
    const names = new Set(
      readFileSync(seen, 'utf8')
        .split('\n')
        .map((line) => line.split('=')[0]),
    );
    expect(names).not.toContain('SECRET');
    expect([...names]).toEqual(
      expect.arrayContaining(['no_proxy', 'GIT_SSL_CAINFO', 'SSH_AUTH_SOCK', 'GIT_TERMINAL_PROMPT']),
    );
  });

  test('ssh takes no config of the user, asks nothing and knows its hosts', async () => {
    const bin = here.path('bin');
    mkdirSync(bin);
    const script = `#!/bin/sh\nprintf '%s\\n' "$@" > ${here.path('asked')}\nfor last; do :; done\neval "exec $last"\n`;
    writeFileSync(join(bin, 'ssh'), script, { mode: 0o755 });
    const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}` };
    const checkout = await take(
      { url: `git@git.example:${here.path('repos', 'app.git')}#main` },
      here.context({ env }),
    );
    expect(checkout.git).toMatchObject({ commit: first, url: `git@git.example:${here.path('repos', 'app.git')}` });
    const asked = readFileSync(here.path('asked'), 'utf8').split('\n');
    expect(asked).toEqual(
      expect.arrayContaining(['-F', '/dev/null', 'BatchMode=yes', 'StrictHostKeyChecking=yes', 'git@git.example']),
    );
  });
});
