import { describe, expect, test } from '@jest/globals';
import { isDockError } from '../../src/errors/dock-error.js';
import { redactCredentials } from '../../src/source/git-url.js';
import { isGitUrl, parseGitSource, sourceKind } from '../../src/source/parse-git-source.js';

function failure(text: string, allowedSchemes: readonly string[] = [], parent?: string): string {
  try {
    return JSON.stringify(parseGitSource(text, { allowedSchemes, ...(parent === undefined ? {} : { parent }) }));
  } catch (error) {
    if (isDockError(error)) return `${error.code}: ${error.message} ${error.hint}`;
    throw error;
  }
}

const plain = (url: string) => ({ url, displayUrl: url });

describe('a git URL', () => {
  test.each([
    ['https://git.example/a/b.git', plain('https://git.example/a/b.git')],
    ['https://git.example/a/b', plain('https://git.example/a/b')],
    ['HTTPS://git.example/a.git', plain('https://git.example/a.git')],
    ['github.com/owner/name#v1:sub', { ...plain('https://github.com/owner/name'), ref: 'v1', subdir: 'sub' }],
    ['git@git.example:a/b.git#main', { ...plain('git@git.example:a/b.git'), ref: 'main' }],
    ['ssh://git@git.example:22/a.git', plain('ssh://git@git.example:22/a.git')],
    ['http://127.0.0.1:80/a.git', plain('http://127.0.0.1:80/a.git')],
    ['http://localhost/a.git', plain('http://localhost/a.git')],
    ['http://[::1]:80/a.git', plain('http://[::1]:80/a.git')],
    ['https://h/a.git#:sub/../other/', { ...plain('https://h/a.git'), subdir: 'other' }],
    ['https://h/a.git?branch=b&subdir=/s', { ...plain('https://h/a.git'), ref: 'refs/heads/b', subdir: 's' }],
    ['https://h/a.git?tag=t&submodules=false', { ...plain('https://h/a.git'), ref: 'refs/tags/t', submodules: false }],
    ['https://h/a.git?keep-git-dir=1&submodules', { ...plain('https://h/a.git'), keepGitDir: true, submodules: true }],
    ['https://h/a.git?ref=x&checksum=ABCDEF', { ...plain('https://h/a.git'), ref: 'x', commit: 'abcdef' }],
    ['https://h/a.git?mtime=commit', { ...plain('https://h/a.git'), mtime: 'commit' }],
    ['https://h/a.git?fetch-by-commit=false', { ...plain('https://h/a.git'), fetchByCommit: false }],
    [
      `https://h/a.git?ref=b&fetch-by-commit&checksum=${'a'.repeat(40)}`,
      { ...plain('https://h/a.git'), ref: 'b', commit: 'a'.repeat(40), fetchByCommit: true },
    ],
    ['https://h/a.git#feature%2Fx', { ...plain('https://h/a.git'), ref: 'feature/x' }],
    ['ssh://me%40corp@h/a.git', plain('ssh://me%40corp@h/a.git')],
    [
      `https://h/a.git?commit=${'a'.repeat(40)}`,
      { ...plain('https://h/a.git'), ref: 'a'.repeat(40), commit: 'a'.repeat(40) },
    ],
  ])('%s is read', (text, expected) => {
    expect(parseGitSource(text)).toEqual(expected);
  });

  test.each([
    ['http://127.0.0.1:80/a.git', undefined, true],
    ['http://127.0.0.1:80/a.git', 'http://127.0.0.1/parent.git', true],
    ['http://localhost:8080/a.git', 'http://LOCALHOST:8080/parent.git', true],
    ['http://127.0.0.1:8080/a.git', 'http://127.0.0.1/parent.git', false],
    ['http://localhost/a.git', 'http://127.0.0.1/parent.git', false],
    ['http://127.0.0.1/a.git', 'https://127.0.0.1/parent.git', false],
    ['http://[::1]/a.git', 'https://git.example/parent.git', false],
    ['http://me:pw@127.0.0.1/a.git', 'git@git.example:parent.git', false],
    ['http://git.example/a.git', 'http://git.example/parent.git', false],
  ])('%s is allowed by itself as a submodule of %s: %s', (text, parent, isAllowed) => {
    expect(failure(text, ['http'], parent)).toContain('"url":');
    expect(failure(text, [], parent).startsWith('INVALID_GIT_URL')).toBe(!isAllowed);
  });

  test('gives up its credentials, decoded', () => {
    expect(parseGitSource('https://me:p%40ss%3A@h:8443/a.git#v1')).toEqual({
      url: 'https://h:8443/a.git',
      displayUrl: 'https://xxxxx:xxxxx@h:8443/a.git',
      credentials: { username: 'me', password: 'p@ss:' },
      ref: 'v1',
    });
    expect(parseGitSource('https://token@h/a.git')).toMatchObject({
      url: 'https://h/a.git',
      credentials: { username: 'token', password: '' },
    });
  });

  test.each(['.', './a.git', '../a', '/abs/path', 'name', '', '-', 'C:\\a'])('"%s" is none', (text) => {
    expect(parseGitSource(text)).toBeUndefined();
    expect(isGitUrl(text)).toBe(false);
  });

  test.each(['http', 'git', 'file'])('%s is a scheme only on request', (scheme) => {
    const url = scheme === 'file' ? 'file:///srv/a.git' : `${scheme}://git.example/a.git`;
    expect(failure(url)).toMatch(new RegExp(`^INVALID_GIT_URL: The scheme ".*--git-scheme ${scheme} `));
    expect(parseGitSource(url, { allowedSchemes: [scheme] })?.url).toBe(url);
  });

  test.each([
    ['ext::sh -c touch% x', 'INVALID_GIT_URL'],
    ['fd::17', 'INVALID_GIT_URL'],
    ['ext://x/y', 'INVALID_GIT_URL'],
    ['https://h/x%0ay.git', 'INVALID_GIT_URL'],
    ['https://h/x%00.git', 'INVALID_GIT_URL'],
    ['http://localhost.evil.example/a.git', 'INVALID_GIT_URL'],
    ['http://127.0.0.1@evil.example/a.git', 'INVALID_GIT_URL'],
    ['https://h/a.git?nonsense=1', 'INVALID_GIT_URL'],
    ['https://h/a.git?ref=', 'INVALID_GIT_URL'],
    ['https://h/a.git?ref=a&ref=b', 'INVALID_GIT_URL'],
    ['https://h/a.git?ref=a&tag=b', 'INVALID_GIT_URL'],
    ['https://h/a.git?submodules=perhaps', 'INVALID_GIT_URL'],
    ['https://h/a.git?mtime=now', 'INVALID_GIT_URL'],
    ['https://h/a.git?fetch-by-commit', 'INVALID_GIT_URL'],
    ['https://h/a.git?fetch-by-commit&commit=abcdef', 'INVALID_GIT_URL'],
    ['https://h/a.git?branch=a&tag=a', 'INVALID_GIT_URL'],
    ['https://h/a.git?submodules=tRUE', 'INVALID_GIT_URL'],
    ['ssh://-l%20x@h/a.git', 'INVALID_GIT_URL'],
    ['https://h/a.git#a%20b', 'INVALID_GIT_REF'],
    ['https://h/a.git#%2d-upload-pack=x', 'INVALID_GIT_REF'],
    ['https://h', 'INVALID_GIT_URL'],
    ['https:///a.git', 'INVALID_GIT_URL'],
    ['https://-x/a.git', 'INVALID_GIT_URL'],
    ['https://h/a b.git', 'INVALID_GIT_URL'],
    ['https://h/a\nb.git', 'INVALID_GIT_URL'],
    ['https://u:%0ahost=evil@h/a.git', 'INVALID_GIT_URL'],
    ['https://u:%zz@h/a.git', 'INVALID_GIT_URL'],
    ['ssh://-oProxyCommand=x/a.git', 'INVALID_GIT_URL'],
    ['ssh://-l@h/a.git', 'INVALID_GIT_URL'],
    ['ssh://git:S3CRET@h/a.git', 'INVALID_GIT_URL'],
    ['git@h:-oProxyCommand=x', 'INVALID_GIT_URL'],
    ['https://h/a.git#--upload-pack=x', 'INVALID_GIT_REF'],
    ['https://h/a.git#-B', 'INVALID_GIT_REF'],
    ['https://h/a.git#a b', 'INVALID_GIT_REF'],
    ['https://h/a.git#a..b', 'INVALID_GIT_REF'],
    ['https://h/a.git#a@{1}', 'INVALID_GIT_REF'],
    ['https://h/a.git#a/.b', 'INVALID_GIT_REF'],
    ['https://h/a.git#a.lock', 'INVALID_GIT_REF'],
    ['https://h/a.git#a//b', 'INVALID_GIT_REF'],
    ['https://h/a.git#+a', 'INVALID_GIT_REF'],
    ['https://h/a.git?ref=a:b', 'INVALID_GIT_REF'],
    ['https://h/a.git?commit=main', 'INVALID_GIT_REF'],
    ['https://h/a.git#main:../../etc', 'PATH_ESCAPES_REPO'],
  ])('%j is %s', (text, code) => {
    const message = failure(text);
    expect(message).toMatch(new RegExp(`^${code}: `));
    expect(message).not.toContain('S3CRET');
  });

  test.each([
    'https://robot:pa/s3cret@git.example/a.git',
    'https://robot:12a/s3cret@git.example/a.git',
    'https://robot:pa?s3cret@git.example/a.git',
    'https://robot:pa#s3cret@git.example/a.git',
    'https://robot:pa/s3cret@more@git.example/a.git',
  ])('says nothing of a password that is not escaped: %s', (text) => {
    const told = failure(text);
    expect(told).toContain('INVALID_GIT_URL');
    expect(told).not.toContain('s3cret');
    expect(told).not.toMatch(/robot:(?:pa|12a)/);
  });

  test.each([
    ['https://h/a.git?private_token=s3cret', 'https://h/a.git?private_token=xxxxx'],
    [
      'https://h/a.git?ref=main&access_token=s3cret&subdir=x#v1:y',
      'https://h/a.git?ref=main&access_token=xxxxx&subdir=x#v1:y',
    ],
    ['https://h/a.git?s3cret&submodules', 'https://h/a.git?xxxxx&submodules'],
    ['https://h/a.git?s3cret=#v1', 'https://h/a.git?xxxxx#v1'],
    ['https://h/a.git?Ref=s3cret==', 'https://h/a.git?Ref=xxxxx'],
    ['https://h/a b.git?token=s3cret', 'https://h/a b.git?token=xxxxx'],
    ['ext://h/a.git?token=s3cret', 'ext://h/a.git?token=xxxxx'],
    ['https://me:s3cret@h/a.git?token=s3cret', 'https://xxxxx:xxxxx@h/a.git?token=xxxxx'],
    ['git@h:a.git?token=s3cret', 'git@h:a.git?token=xxxxx'],
    ['github.com/a/b?token=s3cret', 'github.com/a/b?token=xxxxx'],
  ])('says nothing of what an unknown key has: %s', (text, shown) => {
    expect(redactCredentials(text)).toBe(shown);
    expect(failure(text)).toMatch(/^INVALID_GIT_URL/);
    expect(failure(text)).not.toContain('s3cret');
  });

  test.each(['https://h/a.git?branch=b&subdir=%2Fs&', 'https://h/a.git?', './what?is=this'])(
    'shows "%s" whole',
    (text) => {
      expect(redactCredentials(text)).toBe(text);
    },
  );

  test('shows a port and an "@" in a path as they are', () => {
    expect(parseGitSource('https://h:8443/a@v1/b.git')).toMatchObject({ displayUrl: 'https://h:8443/a@v1/b.git' });
  });

  test('allows no scheme that runs programs', () => {
    expect(failure('ext::sh', ['ext'])).toMatch(/^INVALID_OPTION: "ext"/);
  });
});

test.each([
  ['https://h/a.git', true],
  ['https://h/a.tar.gz', false],
  ['https://h/', false],
  ['git://h/a', true],
  ['git@h:a', true],
  ['github.com/a/b', true],
  ['github.com.evil/a', false],
])('docker takes "%s" for a git repository: %s', (text, expected) => {
  expect(isGitUrl(text)).toBe(expected);
});

test.each([
  ['https://h/a.git#main', 'git'],
  ['https://h/context.tar.gz', 'download'],
  ['http://h/Dockerfile', 'download'],
  ['https://github.com/a/b', 'download'],
  ['htps://h/a.git', 'git'],
  ['ext::sh', 'git'],
  ['./github.com/a/b', 'path'],
  ['C:\\app', 'path'],
])('docker takes "%s" for a source of the kind %s', (text, expected) => {
  expect(sourceKind(text)).toBe(expected);
});

test.each([
  ['htps://h/a.git', [], 'Did you mean "https"? Allowed schemes are https, ssh and user@host:path.'],
  [
    'http://h/a.git',
    [],
    'Allowed schemes are https, ssh and user@host:path. Add --git-scheme http if you trust that network; else use https.',
  ],
  ['gopher://h/a.git', [], 'Allowed schemes are https, ssh and user@host:path.'],
  [
    'file:///a.git',
    ['http'],
    'Allowed schemes are https, ssh, http and user@host:path. Add --git-scheme file if you trust that repository on this machine; else use https.',
  ],
])('the refusal of %s says what to write', (text, allowedSchemes, hint) => {
  expect(() => parseGitSource(text, { allowedSchemes })).toThrow(
    expect.objectContaining({ code: 'INVALID_GIT_URL', hint }),
  );
});
