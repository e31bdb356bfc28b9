import { expect } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDockError } from '../../src/errors/dock-error.js';
import { isCommitSha, isGitTransport, readGitUrl, redactCredentials } from '../../src/source/git-url.js';
import { cleanSubdir, isGitUrl, parseGitSource, type GitSource } from '../../src/source/parse-git-source.js';
import { takeSource } from '../../src/source/take-source.js';
import { backend, commit, git, place, repository, serve } from '../source/git-fixture.js';
import { field, inputText, text, type CaseRunner, type FileRunners } from './vector-file.js';

const allowedSchemes = ['http', 'git'];

/** The whole reading of a git URL; null when it is none for docker, the message when it is a wrong one. */
function readSource(input: string): GitSource | string | null {
  if (!isGitUrl(input)) return null;
  try {
    return parseGitSource(input, { allowedSchemes }) ?? null;
  } catch (error) {
    if (isDockError(error)) return error.message;
    throw error;
  }
}

/** The URL without query and fragment as upstream keeps it: the shorthand without a scheme, credentials in it. */
function remoteOf(input: string): string {
  return readGitUrl(input)?.remote ?? input.replace(/[?#].*$/s, '');
}

const parseGitRef: CaseRunner = (one) => {
  const input = inputText(one);
  const read = readSource(input);
  if (one.expected === null) {
    expect(read).toBeNull();
    return;
  }
  const error = field(one.expected, 'error');
  if (error !== undefined) {
    expect(typeof read).toBe('string');
    if (typeof error === 'string') expect(read).toContain(error);
    return;
  }
  if (read === null || typeof read === 'string') throw new Error(`refused: ${read ?? 'not a git URL'}`);
  const remote = remoteOf(input);
  const found: Readonly<Record<string, unknown>> = {
    Remote: remote,
    ShortName: remote
      .split('/')
      .at(-1)
      ?.replace(/\.git$/, ''),
    Ref: read.ref ?? '',
    SubDir: read.subdir ?? '',
    Checksum: read.commit ?? '',
    Submodules: read.submodules,
    KeepGitDir: read.keepGitDir,
    FetchByCommit: read.fetchByCommit ?? false,
    MTime: read.mtime ?? '',
    UnencryptedTCP: /^(?:http|git):/.test(remote),
    IndistinguishableFromLocal: remote.startsWith('github.com/'),
  };
  for (const [key, value] of Object.entries(one.expected ?? {})) {
    expect([key, key === 'SubDir' ? cleanSubdir(String(value)) : value]).toEqual([key, found[key]]);
  }
};

/** Writes a source in the form that has no query, when it has one. */
const fragmentFormat =
  (hasSubdir: boolean): CaseRunner =>
  (one) => {
    const input = inputText(one);
    const read = readSource(input);
    const isRead = read !== null && typeof read !== 'string';
    const fragment = isRead
      ? [read.ref ?? '', ...(hasSubdir && read.subdir !== undefined ? [read.subdir] : [])].join(':')
      : '';
    const value = isRead ? `${remoteOf(input)}${fragment === '' ? '' : `#${fragment}`}` : input;
    expect({ value, ok: isRead }).toEqual(one.expected);
  };

const parseUrl: CaseRunner = (one) => {
  const url = readGitUrl(inputText(one));
  const error = field(one.expected, 'error');
  if (error !== undefined) {
    expect(isGitTransport(inputText(one))).toBe(false);
    return;
  }
  if (url === undefined) throw new Error('not read');
  const opts = {
    ...(url.ref === undefined ? {} : { Ref: url.ref }),
    ...(url.subdir === undefined ? {} : { Subdir: cleanSubdir(url.subdir) }),
  };
  const query = Object.fromEntries([...url.query.keys()].map((key) => [key, url.query.getAll(key)]));
  const expectedOpts = field(one.expected, 'opts');
  const expectedSubdir = field(expectedOpts, 'Subdir');
  expect({
    scheme: url.scheme,
    host: url.host,
    path: url.path,
    opts: Object.keys(opts).length === 0 ? null : opts,
    query: Object.keys(query).length === 0 ? null : query,
    user: url.user ?? null,
  }).toEqual({
    ...(one.expected as object),
    ...(typeof expectedSubdir === 'string' && typeof expectedOpts === 'object'
      ? { opts: { ...expectedOpts, Subdir: cleanSubdir(expectedSubdir) } }
      : {}),
  });
};

const newGitIdentifier: CaseRunner = (one) => {
  const input = inputText(one);
  const url = readGitUrl(isGitTransport(input) ? input : `https://${input}`);
  if (url === undefined) throw new Error('not read');
  const subdir = cleanSubdir(url.subdir ?? '');
  const fragment = `${url.ref ?? ''}${subdir === '' ? '' : `:${subdir}`}`;
  const found: Readonly<Record<string, string>> = {
    Remote: url.remote,
    Ref: url.ref ?? '',
    Subdir: subdir,
    string: `git://${url.remote.replace(/^[a-z]+:\/\//, '')}${fragment === '' ? '' : `#${fragment}`}`,
  };
  for (const [key, value] of Object.entries(one.expected ?? {})) expect([key, found[key]]).toEqual([key, value]);
};

/** Runners for `buildkit-git.json` (moby/buildkit). */
export const buildkitGitRunners: FileRunners = {
  ParseGitRef: parseGitRef,
  FragmentFormat: fragmentFormat(false),
  FragmentFormat_withSubdir: fragmentFormat(true),
  ParseURL: parseUrl,
  IsCommitSHA: (one) => {
    expect(isCommitSha(inputText(one))).toBe(one.expected);
  },
  NewGitIdentifier: newGitIdentifier,
  IsImplicitSSHTransport: (one) => {
    expect(readGitUrl(inputText(one))?.isScpStyle ?? false).toBe(one.expected);
  },
  ParseSCPStyleURL: (one) => {
    const url = readGitUrl(inputText(one));
    const isError = field(one.expected, 'error') === true;
    expect(url?.isScpStyle ?? false).toBe(!isError);
    const found: Readonly<Record<string, unknown>> = {
      User: url?.user,
      Host: url?.host,
      Path: url?.path,
      Fragment: [url?.ref ?? '', ...(url?.subdir === undefined ? [] : [url.subdir])].join(':'),
    };
    if (isError) return;
    for (const [key, value] of Object.entries(one.expected ?? {})) expect([key, found[key]]).toEqual([key, value]);
  },
  RedactCredentials: (one) => {
    expect(redactCredentials(inputText(one))).toBe(one.expected);
  },
};

/** The repository of docker/cli's `TestCheckoutGit`, fetched over smart HTTP. */
const checkoutFragment: CaseRunner = async ({ input, expected }) => {
  const here = place();
  const server = await serve(backend(here.path('repos')));
  try {
    repository(here.path('repos', 'sub.git'), { subfile: 'subcontents' });
    const source = here.path('repos', 'app.git');
    repository(source, {
      Dockerfile: 'FROM scratch',
      'subdir/Dockerfile': 'FROM scratch\nEXPOSE 5000',
      parentlink: { link: '../subdir' },
      absolutelink: { link: '/subdir' },
    });
    git(source, 'checkout', '--quiet', '-b', 'test');
    commit(source, { Dockerfile: 'FROM scratch\nEXPOSE 3000', 'subdir/Dockerfile': 'FROM busybox\nEXPOSE 5000' });
    git(source, 'checkout', '--quiet', '-B', 'master', 'main');
    git(source, 'submodule', '--quiet', 'add', here.path('repos', 'sub.git'), 'sub');
    git(source, 'config', '--file', '.gitmodules', 'submodule.sub.url', '../sub.git');
    commit(source, {});
    const url = `${server.url}/app.git#${text(input, 'fragment')}`;
    const taken = takeSource({ kind: 'git', url, submodules: true }, here.context(), 20_000);
    if (field(expected, 'error') === true) {
      await expect(taken).rejects.toMatchObject({
        code: expect.stringMatching(/^(?:SOURCE_NOT_FOUND|PATH_ESCAPES_REPO)$/),
      });
      return;
    }
    const contextDir = (await taken)?.contextDir ?? '';
    const read = (...path: string[]) => readFileSync(join(contextDir, ...path), 'utf8');
    const isSubmoduleThere = (() => {
      try {
        return read('sub', 'subfile') === 'subcontents';
      } catch {
        return false;
      }
    })();
    expect({ dockerfile: read('Dockerfile'), submoduleCheckedOut: isSubmoduleThere }).toEqual(expected);
  } finally {
    await server.close();
    here.remove();
  }
};

/** Runners for the git sets of `docker-cli.json` (docker/cli). */
export const dockerCliRunners: FileRunners = {
  parseRemoteURL: (one) => {
    const url = readGitUrl(inputText(one));
    expect({ remote: url?.remote, ref: url?.ref ?? 'master', subdir: url?.subdir ?? '' }).toEqual(one.expected);
  },
  Clone_invalid_ref: (one) => {
    expect(readSource(inputText(one))).toMatch(/invalid git ref/);
  },
  checkout_fragments: checkoutFragment,
  isGitTransport: (one) => {
    expect(isGitTransport(inputText(one))).toBe(one.expected);
  },
  IsGitURL: (one) => {
    expect(isGitUrl(inputText(one))).toBe(one.expected);
  },
};
