import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { takeDockerfile } from '../../src/source/read-dockerfile.js';
import { takeSource } from '../../src/source/take-source.js';
import { failure, guarded, place, serve, type Place, type TestServer } from './git-fixture.js';
import { type RawMember, rawTar } from './tar-fixture.js';

let here: Place;
const servers: TestServer[] = [];
beforeEach(() => {
  here = place();
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((one) => one.close()));
  here.remove();
});

async function started(listener: Parameters<typeof serve>[0]): Promise<TestServer> {
  const one = await serve(listener);
  servers.push(one);
  return one;
}

async function takeFile(bytes: Buffer, more: { readonly maxContextBytes?: number } = {}) {
  writeFileSync(here.path('archive'), bytes);
  const context = here.context();
  const checkout = await takeSource(
    { kind: 'archive-file', file: here.path('archive') },
    { ...context, ...more },
    20_000,
  );
  if (checkout === undefined) throw new Error('nothing took it');
  return { checkout, context, at: (name: string) => `${checkout.directory}/${name}` };
}

/** A directory with all that a tar can say of ordinary things, and tar's own archive of it. */
function tarOf(format: string): Buffer {
  const long = `${'a'.repeat(120)}/${'b'.repeat(150)}`;
  for (const directory of ['tree/sub', `tree/${long.slice(0, 120)}`])
    mkdirSync(here.path(directory), { recursive: true });
  for (const [name, text] of [
    ['Dockerfile', 'FROM scratch\n'],
    ['sub/ünï', 'text'],
    [long, 'far'],
  ] as const)
    writeFileSync(here.path('tree', name), text);
  execFileSync(
    '/bin/sh',
    [
      '-c',
      "cd tree && chmod 4751 sub/ünï && touch -d '2020-01-02T03:04:05Z' sub/ünï && ln -s /etc/passwd abs && ln sub/ünï hard && chmod 0700 sub && touch -d '2019-05-06T00:00:00Z' sub && mkfifo fifo",
    ],
    { cwd: here.directory },
  );
  return execFileSync('tar', [`--format=${format}`, '-c', '-C', here.path('tree'), '.']);
}

test.each([
  ['gnu', (bytes: Buffer) => bytes],
  ['pax', (bytes: Buffer) => bytes],
  ['gnu', gzipSync],
] as const)('an archive that tar wrote as %s is unpacked as it was', async (format, compress) => {
  const bytes = compress(tarOf(format));
  const { checkout, context, at } = await takeFile(bytes);
  expect(checkout).toMatchObject({
    kind: 'archive',
    contextDir: checkout.directory,
    archive: { digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, bytes: bytes.length },
  });
  const found = lstatSync(at('sub/ünï'));
  expect([found.mode & 0o7777, found.mtime.toISOString(), found.nlink]).toEqual([
    0o4751,
    '2020-01-02T03:04:05.000Z',
    2,
  ]);
  expect(lstatSync(at('sub')).mtime.toISOString()).toBe('2019-05-06T00:00:00.000Z');
  expect(readlinkSync(at('abs'))).toBe('/etc/passwd');
  expect(readFileSync(at(`${'a'.repeat(120)}/${'b'.repeat(150)}`), 'utf8')).toBe('far');
  expect(existsSync(at('fifo'))).toBe(false);
  expect(context.warnings).toEqual([expect.stringContaining('left out: "./fifo"')]);
  expect((await takeDockerfile(checkout, {})).text).toBe('FROM scratch\n');
});

test('a later member replaces an earlier one, and a name may go up within', async () => {
  const { at } = await takeFile(
    rawTar(
      { name: 'a', target: '/etc', type: '2' },
      { name: 'a', content: 'file' },
      { name: 'b/../c', content: 'up' },
      { name: '/d', content: 'root' },
      { name: 'e/f', content: 'old' },
      { name: 'e', content: 'file' },
      { name: 'old-directory/', type: '\0' },
    ),
  );
  expect(['a', 'c', 'd', 'e'].map((name) => readFileSync(at(name), 'utf8'))).toEqual(['file', 'up', 'root', 'file']);
  expect(lstatSync(at('old-directory')).isDirectory()).toBe(true);
});

test('what replaces a directory by a link leads nothing out that was to be done in it', async () => {
  mkdirSync(here.path('outside/in'), { recursive: true, mode: 0o700 });
  const before = lstatSync(here.path('outside/in'));
  await takeFile(
    rawTar({ name: 'a/in/', type: '5', mode: '0000777' }, { name: 'a', type: '2', target: here.path('outside') }),
  );
  const { mode, mtimeMs } = lstatSync(here.path('outside/in'));
  expect([mode, mtimeMs]).toEqual([before.mode, before.mtimeMs]);
});

test('a hard link to a link is the same link', async () => {
  const { at } = await takeFile(
    rawTar({ name: 'a', type: '2', target: '/etc/passwd' }, { name: 'b', type: '1', target: 'a' }),
  );
  expect(readlinkSync(at('b'))).toBe('/etc/passwd');
});

test('the digest has the zeros that follow an archive, too', async () => {
  const bytes = Buffer.concat([gzipSync(rawTar({ name: 'a', content: 'text' })), Buffer.alloc(3_000_000)]);
  const { checkout } = await takeFile(bytes);
  expect(checkout).toMatchObject({
    archive: { digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, bytes: bytes.length },
  });
});

describe('refused is', () => {
  const good: RawMember = { name: 'x', content: 'text' };
  const cut = (bytes: Buffer, by: number) => bytes.subarray(0, bytes.length - by);
  const pax = (text: string) => ({ name: 'pax', type: 'x', content: text });
  test.each<[string, () => Buffer, RegExp]>([
    ['a name that leads out', () => rawTar({ name: '../../evil' }), /leads out/],
    ['a pax name that leads out', () => rawTar(pax('18 path=../../ev\n'), good), /leads out|no sense/],
    [
      'a name through a link',
      () => rawTar({ name: 'l', type: '2', target: '/tmp' }, { name: 'l/evil' }),
      /on its way a link/,
    ],
    [
      'a directory through a link',
      () => rawTar({ name: 'l', type: '2', target: '/tmp' }, { name: 'l/e/', type: '5' }),
      /on its way a link/,
    ],
    ['a hard link that leads out', () => rawTar({ name: 'h', type: '1', target: '../../etc/passwd' }), /leads out/],
    [
      'a hard link through a link',
      () => rawTar({ name: 'l', type: '2', target: '/etc' }, { name: 'h', type: '1', target: 'l/passwd' }),
      /on its way a link/,
    ],
    ['a hard link to nothing', () => rawTar({ name: 'h', type: '1', target: '/etc/passwd' }), /no file before it/],
    ['a name through a file', () => rawTar(good, { name: 'x/y' }), /on its way a file/],
    [
      'a wrong checksum',
      () => Buffer.concat([rawTar(good).subarray(0, 1024), rawTar({ ...good, sum: '0000000\0' })]),
      /checksum/,
    ],
    ['an archive that is cut in a header', () => rawTar(good, good).subarray(0, 1200), /in the middle/],
    [
      'an archive that is cut between members',
      () => rawTar(good, good).subarray(0, 1024),
      /without the mark of its end/,
    ],
    ['an archive that is cut in a member', () => rawTar({ ...good, size: 5000 }), /in the middle/],
    ['gzip that is cut', () => cut(gzipSync(rawTar(good)), 12), /cannot be uncompressed/],
    [
      'gzip that is damaged',
      () => Buffer.concat([cut(gzipSync(rawTar(good)), 8), Buffer.alloc(8, 1)]),
      /cannot be uncompressed/,
    ],
    ['gzip of something else', () => gzipSync('FROM scratch\n'), /no tar/],
    ['an endless name', () => rawTar({ name: 'n', type: 'L', size: 2 ** 30 }), /1073741824 bytes/],
    ['a name that is not UTF-8', () => rawTar({ name: 'b\xff' }), /not UTF-8/],
    ['a sparse file', () => rawTar({ name: 's', type: 'S' }), /unknown kind/],
    ['a number that is none', () => rawTar({ ...good, mode: '0000abc' }), /no sense|checksum/],
    ['a size below nothing', () => rawTar(pax('11 size=-9\n'), good), /no sense/],
    ['a size that is no number', () => rawTar(pax('11 size=xy\n'), good), /no sense/],
    ['a time that is none', () => rawTar(pax('12 mtime=xy\n'), good), /no sense/],
    ['a fact that is longer than all of them', () => rawTar(pax('99 path=ab\n'), good), /no sense/],
    ['a name too long for a disk', () => rawTar({ name: 'n', type: 'L', content: 'n'.repeat(300) }, good), /too long/],
    ['names too deep for a disk', () => rawTar({ name: 'n', type: 'L', content: 'n/'.repeat(9000) }, good), /too long/],
    ['bzip2', () => Buffer.from('BZh91AY&SY'), /kind bzip2/],
    ['xz', () => Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), /kind xz/],
    ['zip', () => Buffer.from('PK\x03\x04'), /kind zip/],
  ])('%s', async (_, bytes, message) => {
    const error = await failure(takeFile(bytes()));
    expect([error.code, error.exitStatus]).toEqual(['ARCHIVE_INVALID', 2]);
    expect(error.message).toMatch(message);
    expect(existsSync('/tmp/evil') || existsSync('/tmp/e')).toBe(false);
  });

  test('more than a context may have, before it is on the disk', async () => {
    const bomb = gzipSync(rawTar({ name: 'x', content: Buffer.alloc(3_000_000) }));
    const error = await failure(takeFile(bomb, { maxContextBytes: 1_000_000 }));
    expect(error.code).toBe('CONTEXT_TOO_LARGE');
    expect(readdirSync(here.context().workDir, { recursive: true })).not.toContain('archive/x');
  });

  test.each([
    ['no file', () => here.path('gone'), 'does not exist'],
    ['a directory', () => here.directory, 'not a regular file'],
  ])('%s', async (_, file, message) => {
    const error = await failure(takeSource({ kind: 'archive-file', file: file() }, here.context(), 0));
    expect([error.code, error.message]).toEqual(['SOURCE_NOT_FOUND', expect.stringContaining(message)]);
  });
});

describe('a URL', () => {
  const tar = () => rawTar({ name: 'Dockerfile', content: 'FROM scratch\n' });
  const take = async (url: string, limitMs = 20_000) => {
    const context = here.context();
    return { checkout: await takeSource({ kind: 'archive', url }, context, limitMs), context };
  };

  test('of a text is one of a Dockerfile with nothing beside it', async () => {
    const server = await started((_, answer) => void answer.end('FROM scratch\nLABEL a=b\n'));
    const { checkout } = await take(`${server.url}/Dockerfile`);
    expect(checkout?.archive).toMatchObject({ url: `${server.url}/Dockerfile`, bytes: 23 });
    expect(readdirSync(checkout?.contextDir ?? '')).toEqual([]);
    expect((await takeDockerfile(checkout as NonNullable<typeof checkout>, {})).text).toBe('FROM scratch\nLABEL a=b\n');
  });

  test('shows its credentials to its own host alone', async () => {
    const other = await started((_, answer) => void answer.end(tar()));
    const own = await started(
      guarded(
        'ann',
        'p@ss-word',
        (asked, answer) =>
          void answer.writeHead(302, { location: asked.url === '/a' ? '/b' : `${other.url}/c.tar` }).end(),
      ),
    );
    const { checkout, context } = await take(`${own.url.replace('//', '//ann:p%40ss-word@')}/a`);
    expect(checkout?.archive?.url).toBe(`${own.url.replace('//', '//xxxxx:xxxxx@')}/a`);
    expect(own.requests.map(({ authorization }) => authorization !== undefined)).toEqual([true, true]);
    expect(other.requests).toEqual([{ line: 'GET /c.tar', authorization: undefined }]);
    expect(context.secrets).toContain('p@ss-word');
  });

  test.each([
    [404, 'SOURCE_NOT_FOUND', false],
    [401, 'AUTH_FAILED', false],
    [403, 'AUTH_FAILED', false],
    [400, 'SOURCE_DOWNLOAD_FAILED', false],
    [503, 'SOURCE_DOWNLOAD_FAILED', true],
  ])('that answers %i is %s', async (status, code, retryable) => {
    const server = await started((_, answer) => void answer.writeHead(status).end('no'));
    const error = await failure(take(`${server.url}/x.tar`));
    expect([error.code, error.retryable]).toEqual([code, retryable]);
    expect(error.message).toContain(`${status}`);
  });

  test('that leads in a circle, out of http, or to a web page is refused', async () => {
    const server = await started((asked, answer) => {
      if (asked.url === '/page') answer.end('<!DOCTYPE html><html></html>');
      else answer.writeHead(302, { location: asked.url === '/file' ? 'file:///etc/passwd' : '/circle' }).end();
    });
    expect((await failure(take(`${server.url}/circle`))).message).toContain('more than 10 times');
    expect((await failure(take(`${server.url}/file`))).message).toContain('from http:// to file://');
    expect(await failure(take(`${server.url}/page`))).toMatchObject({
      code: 'SOURCE_NOT_FOUND',
      hint: `The URL of a git repository ends in ".git": ${server.url}/page.git`,
    });
  });

  test('whose answer breaks off, or that nobody serves, can be asked again', async () => {
    const server = await started((_, answer) => {
      answer.writeHead(200, { 'content-length': '1024' });
      answer.write(tar().subarray(0, 512), () => void answer.destroy());
    });
    const broken = await failure(take(`${server.url}/x.tar`));
    expect([broken.code, broken.retryable, broken.exitStatus]).toEqual(['SOURCE_DOWNLOAD_FAILED', true, 3]);
    await server.close();
    servers.length = 0;
    expect((await failure(take(`${server.url}/x.tar`))).message).toContain('ECONNREFUSED');
  });

  test('that never ends is left at its limit', async () => {
    const server = await started((_, answer) => void answer.writeHead(200).write('FROM'));
    const error = await failure(take(`${server.url}/x`, 300));
    expect([error.code, error.exitStatus]).toEqual(['TIMEOUT', 124]);
  });

  test('by http of another machine shows no credentials', async () => {
    const error = await failure(take('http://ann:word-1@host.invalid/x.tar'));
    expect([error.code, error.message]).toEqual(['INVALID_OPTION', expect.not.stringContaining('word-1')]);
  });
});
