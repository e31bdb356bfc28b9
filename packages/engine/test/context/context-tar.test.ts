import { execFileSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  chmodSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { decodeDockerfile, isDockError, type DockError } from '@dock/core';
import { createContextTar, type ContextTarRequest } from '../../src/index.js';

let root = '';
let contextDir = '';
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'dock-context-')));
  contextDir = join(root, 'context');
  mkdirSync(contextDir);
  write('Dockerfile', 'FROM scratch\n');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, content: string | Uint8Array = '', mode = 0o644): void {
  const whole = join(contextDir, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, content);
  chmodSync(whole, mode);
}

const request = (overrides: Partial<ContextTarRequest> = {}): ContextTarRequest => ({
  contextDir,
  dockerfilePath: join(contextDir, 'Dockerfile'),
  dockerfileText: 'FROM scratch\n',
  ...overrides,
});

async function pack(
  overrides: Partial<ContextTarRequest> = {},
): Promise<{ bytes: Buffer; dockerfileName: string; names: string[] }> {
  const tar = await createContextTar(request(overrides));
  const chunks: Buffer[] = [];
  for await (const chunk of tar.stream) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  return { bytes, dockerfileName: tar.dockerfileName, names: list(bytes) };
}

/** Names as GNU tar reads them, in order. */
function list(bytes: Buffer): string[] {
  return execFileSync('tar', ['--null', '--quoting-style=literal', '-tf', '-'], { input: bytes, maxBuffer: 1 << 28 })
    .toString()
    .split('\n')
    .filter((name) => name !== '');
}

function extract(bytes: Buffer): string {
  const target = join(root, 'extracted');
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target);
  execFileSync('tar', ['--numeric-owner', '--same-permissions', '-xf', '-', '-C', target], { input: bytes });
  return target;
}

/** A tree as comparable lines: type, mode, content or target; hard links by the first name. */
function tree(directory: string): Record<string, string> {
  const lines: Record<string, string> = {};
  const first = new Map<string, string>();
  const visit = (path: string) => {
    for (const name of readdirSync(join(directory, path)).sort()) {
      const inside = path === '' ? name : `${path}/${name}`;
      const stats = lstatSync(join(directory, inside));
      const mode = (stats.mode & 0o7777).toString(8);
      const key = `${stats.dev}:${stats.ino}`;
      if (stats.isSymbolicLink()) lines[inside] = `link ${readlinkSync(join(directory, inside))}`;
      else if (stats.isDirectory()) lines[inside] = `dir ${mode} ${Math.floor(stats.mtimeMs / 1000)}`;
      else
        lines[inside] =
          `file ${mode} ${Math.floor(stats.mtimeMs / 1000)} ${stats.nlink > 1 ? (first.get(key) ?? 'first') : ''} ${readFileSync(join(directory, inside)).toString('base64')}`;
      if (stats.isFile() && !first.has(key)) first.set(key, inside);
      if (stats.isDirectory()) visit(inside);
    }
  };
  visit('');
  return lines;
}

async function fault(run: () => Promise<unknown>): Promise<DockError> {
  try {
    await run();
  } catch (error) {
    if (isDockError(error)) return error;
    throw error;
  }
  throw new Error('no error');
}

describe('the context tar', () => {
  test('is the tree, as GNU tar extracts it', async () => {
    write('bin/run', '#!/bin/sh\n', 0o755);
    write('bin/suid', 'x', 0o4755);
    write('empty');
    mkdirSync(join(contextDir, 'empty-dir'), { mode: 0o700 });
    write(`${'d'.repeat(150)}/${'f'.repeat(250)}`, 'long');
    write(`long/${'x'.repeat(99 - 5)}`, 'exactly 99 bytes of path');
    write(`long/${'x'.repeat(101 - 5)}`, 'one more than fits');
    write('new\nline', 'n');
    write('tab\tand "quotes" and \\', 't');
    write('ünïcödé-名前-🐳', 'u');
    write('blocks/512', Buffer.alloc(512, 1));
    write('blocks/513', Buffer.alloc(513, 2));
    write('blocks/256k', Buffer.alloc(256 * 1024, 3));
    write('blocks/700k', Buffer.alloc(700_001, 4));
    linkSync(join(contextDir, 'blocks/513'), join(contextDir, 'zz-hard-link'));
    symlinkSync('bin/run', join(contextDir, 'relative'));
    symlinkSync('/etc/shadow', join(contextDir, 'absolute'));
    symlinkSync('nowhere', join(contextDir, 'dangling'));
    symlinkSync('y'.repeat(300), join(contextDir, 'long-link'));
    symlinkSync('..', join(contextDir, 'loop'));
    utimesSync(join(contextDir, 'empty'), 1_000_000_000, 1_000_000_000);
    const { bytes, dockerfileName } = await pack();
    expect(dockerfileName).toBe('Dockerfile');
    expect(bytes.length % 512).toBe(0);
    expect(tree(extract(bytes))).toEqual(tree(contextDir));
  });

  test('belongs to root whoever owns the files', async () => {
    write('a', 'a');
    const { bytes } = await pack();
    const listing = execFileSync('tar', ['--numeric-owner', '-tvf', '-'], { input: bytes }).toString();
    expect(
      listing
        .split('\n')
        .filter((line) => line !== '')
        .every((line) => / 0\/0 /.test(line)),
    ).toBe(true);
  });

  test('lists directories before what is inside, names in the order of their bytes, and is the same each time', async () => {
    for (const path of ['b/a', 'a-b', 'a/z', 'a.b', 'Ä', 'z', '\uFF5E', '🐳']) write(path);
    const first = await pack();
    expect(first.names).toEqual(['Dockerfile', 'a/', 'a/z', 'a-b', 'a.b', 'b/', 'b/a', 'z', 'Ä', '\uFF5E', '🐳']);
    expect((await pack()).bytes.equals(first.bytes)).toBe(true);
  });

  test('clamps times to SOURCE_DATE_EPOCH and leaves older ones', async () => {
    write('old');
    utimesSync(join(contextDir, 'old'), 1000, 1000);
    const extracted = extract((await pack({ sourceDateEpoch: 1_000_000_000 })).bytes);
    expect(lstatSync(join(extracted, 'Dockerfile')).mtimeMs).toBe(1_000_000_000_000);
    expect(lstatSync(join(extracted, 'old')).mtimeMs).toBe(1_000_000);
  });

  test('sends a sparse file whole, in bounded memory', async () => {
    const size = 300 * 1024 * 1024;
    const fd = openSync(join(contextDir, 'sparse'), 'w');
    ftruncateSync(fd, size);
    closeSync(fd);
    const tar = await createContextTar(request());
    const before = process.memoryUsage.rss();
    let sent = 0;
    let peak = before;
    for await (const chunk of tar.stream) {
      sent += (chunk as Buffer).length;
      peak = Math.max(peak, process.memoryUsage.rss());
    }
    expect(sent).toBeGreaterThan(size);
    expect(tar.bytes).toBe(size + 'FROM scratch\n'.length);
    expect(peak - before).toBeLessThan(150 * 1024 * 1024);
  });
});

describe('.dockerignore in the context tar', () => {
  test('hides what it names and still sends itself and the Dockerfile', async () => {
    write('.dockerignore', 'Dockerfile\n.dockerignore\nsecret*\n');
    write('secret.txt');
    write('keep');
    expect((await pack()).names).toEqual(['.dockerignore', 'Dockerfile', 'keep']);
  });

  test('includes again under an excluded directory, without the directories above it, as docker/cli does', async () => {
    write('.dockerignore', '*\n!src/**/*.ts\n!docs/keep.md\n');
    write('src/a/b/main.ts');
    write('src/a/b/main.js');
    write('src/other/x.js');
    write('docs/keep.md');
    write('docs/drop.md');
    write('node_modules/x/index.js');
    expect((await pack()).names).toEqual(['.dockerignore', 'Dockerfile', 'docs/keep.md', 'src/a/b/main.ts']);
  });

  test('does not even look into an excluded directory that nothing includes again', async () => {
    write('.dockerignore', 'private\n!public/x\n');
    mkdirSync(join(contextDir, 'private'));
    execFileSync('mkfifo', [join(contextDir, 'private/fifo')]);
    expect((await pack()).names).toEqual(['.dockerignore', 'Dockerfile']);
  });

  test('the one beside the Dockerfile wins', async () => {
    write('.dockerignore', 'a\n');
    write('build/Prod', 'FROM scratch\n');
    write('build/Prod.dockerignore', 'b\n');
    write('a');
    write('b');
    const { names, dockerfileName } = await pack({
      dockerfilePath: join(contextDir, 'build/Prod'),
      dockerfileText: 'FROM scratch\n',
    });
    expect(names).toEqual(['.dockerignore', 'Dockerfile', 'a', 'build/', 'build/Prod', 'build/Prod.dockerignore']);
    expect(dockerfileName).toBe('build/Prod');
  });

  test('a Dockerfile in an excluded directory is sent alone', async () => {
    write('.dockerignore', 'build\n');
    write('build/Prod', 'FROM scratch\n');
    write('build/other');
    const { names } = await pack({ dockerfilePath: join(contextDir, 'build/Prod'), dockerfileText: 'FROM scratch\n' });
    expect(names).toEqual(['.dockerignore', 'Dockerfile', 'build/Prod']);
  });

  test.each([
    ['\uFEFFsecret\r\n# [not a pattern\r\n', ['.dockerignore', 'Dockerfile', 'Makefile']],
    [
      `${Array.from({ length: 100_000 }, (_, index) => `no/such/${index}`).join('\n')}\nsecret`,
      ['.dockerignore', 'Dockerfile', 'Makefile'],
    ],
  ])('reads a byte order mark, carriage returns, comments and 100,000 lines (%#)', async (text, names) => {
    write('.dockerignore', text);
    write('secret');
    write('Makefile');
    expect((await pack()).names).toEqual(names);
  });

  test.each([
    ['ok\n\n[a-\n', 3],
    ['!\n', 1],
    ['x\\\n', 1],
  ])('refuses a bad pattern with its line: %j', async (text, line) => {
    write('.dockerignore', text);
    const error = await fault(() => createContextTar(request()));
    expect(error.code).toBe('DOCKERIGNORE_INVALID');
    expect(error.message).toContain(`in line ${line} of "${join(contextDir, '.dockerignore')}"`);
  });

  test('refuses a line that docker does not read either: one of 64 KiB', async () => {
    write('.dockerignore', `ok\n${'a'.repeat(65_535)}\n`);
    await createContextTar(request());
    write('.dockerignore', `ok\n${'é'.repeat(32_768)}\n`);
    const error = await fault(() => createContextTar(request()));
    expect(error).toMatchObject({ code: 'DOCKERIGNORE_INVALID', message: expect.stringContaining('Line 2 of') });
  });

  test('refuses one that is a link out of the context: its text would travel', async () => {
    writeFileSync(join(root, 'private-key'), 'SECRET');
    symlinkSync('../private-key', join(contextDir, '.dockerignore'));
    const error = await fault(() => createContextTar(request()));
    expect(error).toMatchObject({ code: 'DOCKERIGNORE_INVALID' });
    expect(error.message).not.toContain('SECRET');
  });

  test('a FIFO in its place does not hang', async () => {
    execFileSync('mkfifo', [join(contextDir, '.dockerignore')]);
    expect((await fault(() => createContextTar(request()))).code).toBe('DOCKERIGNORE_INVALID');
  });
});

describe('the Dockerfile in the context tar', () => {
  test('a changed text travels beside the file, and the engine is told to hide it', async () => {
    const { bytes, names, dockerfileName } = await pack({ dockerfileText: 'FROM scratch@sha256:1\n' });
    expect(dockerfileName).toBe('.dockerfile');
    expect(names).toEqual(['.dockerfile', '.dockerignore', 'Dockerfile']);
    const extracted = extract(bytes);
    expect(readFileSync(join(extracted, '.dockerfile'), 'utf8')).toBe('FROM scratch@sha256:1\n');
    expect(readFileSync(join(extracted, 'Dockerfile'), 'utf8')).toBe('FROM scratch\n');
    expect(readFileSync(join(extracted, '.dockerignore'), 'utf8')).toBe('.dockerignore\n.dockerfile\n');
  });

  test.each([
    ['node_modules\n', 'node_modules'],
    ['# a comment\nsub/x\n**/*.log\n', '.dockerfile.log'],
    ['.dockerignore\n', '.dockerfile', '.dockerignore\n.dockerfile\n'],
    ['/dist\n', 'dist'],
    ['*\n!a\n', 'Dockerfile'],
    ['*.md\n!.dockerfile.md\ntmp?\n', 'tmpx'],
    ['[ab]\n\\#x\nsub/x', '.dockerfile', '[ab]\n\\#x\nsub/x\n.dockerfile\n'],
    ['taken\nfree\n!taken/in\n', 'free'],
  ])('of a .dockerignore %j a changed text takes the name %j', async (ignoreText, name, sent = ignoreText) => {
    write('.dockerignore', ignoreText, 0o600);
    write('taken/in');
    const { bytes, dockerfileName } = await pack({ dockerfileText: 'FROM scratch\nENV A=1\n' });
    const extracted = extract(bytes);
    expect(dockerfileName).toBe(name);
    expect(readFileSync(join(extracted, name), 'utf8')).toBe('FROM scratch\nENV A=1\n');
    expect(readFileSync(join(extracted, '.dockerignore'), 'utf8')).toBe(sent);
  });

  test('a name that the source has is not taken', async () => {
    write('.dockerfile');
    write('.dockerfile.1/x');
    expect((await pack({ dockerfileText: 'FROM scratch\nENV A=1\n' })).dockerfileName).toBe('.dockerfile.2');
  });

  test('one from outside completes the .dockerignore that is there', async () => {
    write('.dockerignore', '# é\nsub/a', 0o640);
    writeFileSync(join(root, 'Other'), 'FROM scratch\n');
    const extracted = extract((await pack({ dockerfilePath: join(root, 'Other') })).bytes);
    expect(readFileSync(join(extracted, '.dockerignore'), 'utf8')).toBe('# é\nsub/a\n.dockerfile\n');
    const [sent, own] = [extracted, contextDir].map((directory) => lstatSync(join(directory, '.dockerignore')));
    expect([sent?.mode, Math.floor((sent?.mtimeMs ?? 0) / 1000)]).toEqual([
      own?.mode,
      Math.floor((own?.mtimeMs ?? 0) / 1000),
    ]);
  });

  test('a .dockerignore that is a link is a file where the engine has to read it', async () => {
    write('ignored', 'dist\n');
    symlinkSync('ignored', join(contextDir, '.dockerignore'));
    const { bytes, dockerfileName } = await pack({ dockerfileText: 'FROM scratch\nENV A=1\n' });
    expect(dockerfileName).toBe('.dockerfile');
    expect(readFileSync(join(extract(bytes), '.dockerignore'), 'utf8')).toBe('dist\n\n.dockerfile\n');
  });

  test.each([
    ['as it is in the file', ''],
    ['edited', 'ENV A=1\n'],
  ])('its bytes that are not UTF-8 are sent, %s', async (_, added) => {
    const bytes = Buffer.concat([Buffer.from('FROM scratch\n# caf'), Buffer.of(0xe9), Buffer.from('\n')]);
    write('Dockerfile', bytes);
    const packed = await pack({ dockerfileText: decodeDockerfile(bytes) + added });
    const sent = readFileSync(join(extract(packed.bytes), packed.dockerfileName));
    expect(sent.toString('latin1')).toBe(`FROM scratch\n# caf\u00e9\n${added}`);
  });

  test('a .dockerignore of another name that keeps the Dockerfile overrules the common one', async () => {
    write('.dockerignore', 'Dockerfile\n');
    write('Dockerfile.dockerignore', 'x\n');
    const { bytes } = await pack();
    expect(readFileSync(join(extract(bytes), '.dockerignore'), 'utf8')).toBe('Dockerfile\n\n!Dockerfile\n');
  });

  test('one behind a link in the context is named as the file that it is', async () => {
    write('.dockerignore', '# nothing\n');
    write('docker/Prod', 'FROM scratch\n');
    symlinkSync('docker/Prod', join(contextDir, 'Linked'));
    const { bytes, dockerfileName } = await pack({ dockerfilePath: join(contextDir, 'Linked') });
    expect(dockerfileName).toBe('docker/Prod');
    expect(readFileSync(join(extract(bytes), '.dockerignore'), 'utf8')).toBe('# nothing\n');
  });

  test('a link in its place is not followed into the tar', async () => {
    writeFileSync(join(root, 'Outside'), 'FROM scratch\n');
    symlinkSync('../Outside', join(contextDir, 'Linked'));
    const { dockerfileName, names } = await pack({
      dockerfilePath: join(contextDir, 'Linked'),
      dockerfileText: 'FROM scratch\n',
    });
    expect(dockerfileName).toBe('.dockerfile');
    expect(names).toContain('Linked');
  });
});

describe('what cannot be sent', () => {
  test('an ignore file that is a link to itself is named', async () => {
    symlinkSync('.dockerignore', join(contextDir, '.dockerignore'));
    const error = await fault(() => createContextTar(request()));
    expect(error).toMatchObject({ code: 'DOCKERIGNORE_INVALID', message: expect.stringContaining('.dockerignore') });
  });

  test('FIFOs and sockets are left out, and named in one warning', async () => {
    mkdirSync(join(contextDir, 'sub'));
    write('sub/file', 'x');
    execFileSync('mkfifo', [join(contextDir, 'sub/pipe\n\u001b]0;x\u0007')]);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(contextDir, 'sock'), resolve));
    try {
      expect((await pack()).names).toEqual(['Dockerfile', 'sub/', 'sub/file']);
      expect((await createContextTar(request())).warnings).toEqual([
        'The build context has sockets or FIFOs, which are left out: "sock", "sub/pipe\\n\\u001b]0;x\\u0007".',
      ]);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test('only ten of many FIFOs are named', async () => {
    execFileSync(
      'mkfifo',
      Array.from({ length: 12 }, (_, index) => join(contextDir, `p${index}`)),
    );
    expect((await createContextTar(request())).warnings[0]).toMatch(/left out: "p0", .*"p7" and 2 more\.$/);
  });

  test('an excluded FIFO does no harm', async () => {
    write('.dockerignore', 'pipe\n');
    execFileSync('mkfifo', [join(contextDir, 'pipe')]);
    expect((await pack()).names).toEqual(['.dockerignore', 'Dockerfile']);
  });

  test.each([
    ['a file', '*.txt\n', false],
    ['a directory', 'bad-*\n', true],
    ['everything but one file', '*\n!Dockerfile\n', true],
  ])('%s whose name is not UTF-8 does no harm where it is excluded', async (_, patterns, isFolder) => {
    write('.dockerignore', patterns);
    const name = Buffer.concat([Buffer.from(`${contextDir}/bad-`), Buffer.of(0xff), Buffer.from('.txt')]);
    if (isFolder) mkdirSync(name);
    else writeFileSync(name, 'x');
    expect((await pack()).names).toEqual(['.dockerignore', 'Dockerfile']);
  });

  test('a name that is not UTF-8 is refused instead of changed', async () => {
    writeFileSync(Buffer.concat([Buffer.from(`${contextDir}/bad-`), Buffer.of(0xff)]), 'x');
    expect((await fault(() => createContextTar(request()))).message).toContain('has a name that is not UTF-8');
  });

  test('an unreadable file is named before the upload', async () => {
    write('secret', 'x', 0o600);
    chmodSync(root, 0o755);
    chmodSync(contextDir, 0o755);
    const user = process.geteuid?.() ?? 0;
    if (user === 0) process.seteuid?.(65534);
    else chmodSync(join(contextDir, 'secret'), 0);
    try {
      const error = await fault(() => createContextTar(request()));
      expect(error).toMatchObject({
        code: 'CONTEXT_ERROR',
        message: '"secret" in the build context cannot be read: permission denied.',
      });
    } finally {
      if (user === 0) process.seteuid?.(0);
    }
  });

  test('a file that shrinks while it is sent destroys the stream and leaves no file open', async () => {
    write('big', Buffer.alloc(4 * 1024 * 1024, 1));
    const tar = await createContextTar(request());
    const open = readdirSync('/proc/self/fd').length;
    let received = 0;
    const error = await fault(async () => {
      for await (const chunk of tar.stream) {
        received += (chunk as Buffer).length;
        truncateSync(join(contextDir, 'big'), 1000);
      }
    });
    expect(error).toMatchObject({ code: 'CONTEXT_ERROR', details: { path: 'big' } });
    expect(error.message).toMatch(/shrank from 4194304 to \d+ bytes while it was sent/);
    expect(received).toBeLessThan(4 * 1024 * 1024);
    expect(readdirSync('/proc/self/fd').length).toBe(open);
  });

  test('a file that vanishes is named', async () => {
    write('gone', 'x');
    const tar = await createContextTar(request());
    rmSync(join(contextDir, 'gone'));
    const error = await fault(async () => {
      for await (const chunk of tar.stream) expect(chunk).toBeDefined();
    });
    expect(error.message).toBe('"gone" in the build context vanished while the context was read.');
  });

  test('an abort in the middle closes the file', async () => {
    write('big', Buffer.alloc(8 * 1024 * 1024, 1));
    const controller = new AbortController();
    const tar = await createContextTar(request({ signal: controller.signal }));
    const open = readdirSync('/proc/self/fd').length;
    await expect(
      pipeline(tar.stream, async (source) => {
        for await (const chunk of source) {
          expect(chunk).toBeDefined();
          controller.abort();
        }
      }),
    ).rejects.toMatchObject({ name: 'AbortError' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(readdirSync('/proc/self/fd').length).toBe(open);
  });

  test('too many bytes name the total and the ten largest paths', async () => {
    for (let index = 1; index <= 12; index += 1) write(`file-${index}`, Buffer.alloc(index * 100));
    const error = await fault(() => createContextTar(request({ limits: { maxBytes: 1000 } })));
    expect(error.code).toBe('CONTEXT_TOO_LARGE');
    expect(error.message).toContain(
      'The build context has 7813 bytes; the limit is 1000. The largest paths: "file-12" (1200 bytes), "file-11"',
    );
    expect(error.message).not.toContain('"file-2"');
    expect(error.details).toMatchObject({ bytes: 7813, files: 13 });
  });

  test('too many files are refused too', async () => {
    for (let index = 0; index < 5; index += 1) write(`file-${index}`);
    expect((await fault(() => createContextTar(request({ limits: { maxFiles: 5 } })))).message).toContain(
      '6 files; the limit is 5',
    );
  });

  test('a heavy .git is a warning', async () => {
    mkdirSync(join(contextDir, '.git'));
    const fd = openSync(join(contextDir, '.git/pack'), 'w');
    ftruncateSync(fd, 60 * 1024 * 1024);
    closeSync(fd);
    const tar = await createContextTar(request());
    tar.stream.destroy();
    expect(tar.warnings).toEqual([
      'The build context sends ".git" with 60 MiB; exclude it in .dockerignore unless the build reads the history.',
    ]);
  });
});
