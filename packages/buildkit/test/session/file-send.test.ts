import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { create, toBinary } from '@bufbuild/protobuf';
import type { DockError } from '@dock/core';
import { goBits } from '../../src/session/filesync/go-file-mode.js';
import { fileSendService, type SendTarget } from '../../src/session/filesend/file-send.js';
import type { ReceivedTree } from '../../src/session/filesend/receive-tree.js';
import { WrittenEntries } from '../../src/session/filesend/written-entries.js';
import { SentPaths } from '../../src/session/filesend/sent-paths.js';
import type { SessionStream } from '../../src/session/service.js';
import { BytesMessageSchema } from '../../src/wire/control_pb.js';
import { directory, file, type SentEntry, symlink, TreeSender } from './tree-sender.js';

let root = '';
let out = '';
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'dock-filesend-')));
  out = join(root, 'out');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

interface Outcome {
  readonly trees: readonly ReceivedTree[];
  readonly fault: DockError | undefined;
  readonly error: unknown;
}

async function call(target: SendTarget, stream: SessionStream): Promise<Outcome> {
  const faults: DockError[] = [];
  const trees: ReceivedTree[] = [];
  const noted = target.kind === 'directory' ? { ...target, onTree: (tree: ReceivedTree) => trees.push(tree) } : target;
  const { DiffCopy } = fileSendService(new Map([[0, noted as SendTarget]]), (fault) => faults.push(fault)).methods;
  let error: unknown;
  try {
    if (DiffCopy?.kind === 'stream') await DiffCopy.handle(stream);
  } catch (thrown) {
    error = thrown;
  }
  return { trees, fault: faults[0], error };
}

const take = async (sender: TreeSender): Promise<Outcome> => call({ kind: 'directory', path: out }, sender.stream());
const takeAll = async (entries: readonly SentEntry[]): Promise<Outcome> => take(new TreeSender(entries));

const names = (path = out): string[] => (existsSync(path) ? readdirSync(path).sort() : []);
const openFiles = (): number => readdirSync('/proc/self/fd').length;

describe('a directory that a builder sends', () => {
  test('is written with its modes, times and links, and nothing is left open', async () => {
    const before = openFiles();
    const { trees, error } = await takeAll([
      { ...directory('bin', 0o555), mtimeNs: 1_000_000_000_000_000_000n },
      { ...file('bin/tool', 'y'.repeat(2500), 0o755), mtimeNs: 1_234_567_890_000_000_000n },
      symlink('etc-link', '/etc/passwd'),
      file('hello', 'hi'),
      { path: 'same', mode: 0o644, link: 'bin/tool', size: 2500 },
      { ...directory('tmp', 0o777), mode: goBits.directory + goBits.sticky + 0o777 },
      file('zero', ''),
    ]);
    expect(error).toBeUndefined();
    expect(trees).toEqual([{ files: 3, bytes: 2502, leftOut: [], unprivileged: 0 }]);
    expect(readFileSync(join(out, 'bin/tool'), 'utf8')).toBe('y'.repeat(2500));
    expect(statSync(join(out, 'bin/tool'))).toMatchObject({ mtimeMs: 1_234_567_890_000, nlink: 2 });
    expect(statSync(join(out, 'same')).ino).toBe(statSync(join(out, 'bin/tool')).ino);
    expect(statSync(join(out, 'bin'))).toMatchObject({ mtimeMs: 1_000_000_000_000 });
    const modes = ['bin', 'bin/tool', 'hello', 'tmp'].map((path) => statSync(join(out, path)).mode & 0o7777);
    expect(modes).toEqual([0o555, 0o755, 0o644, 0o1777]);
    expect(readlinkSync(join(out, 'etc-link'))).toBe('/etc/passwd');
    expect(names()).toEqual(['bin', 'etc-link', 'hello', 'same', 'tmp', 'zero']);
    expect(openFiles()).toBeLessThanOrEqual(before);
  });

  test('is merged into what is there: a name that it has too is replaced as a whole, whatever it was', async () => {
    mkdirSync(join(out, 'empty'), { recursive: true });
    writeFileSync(join(out, 'kept'), 'kept');
    writeFileSync(join(out, 'was-file'), 'x');
    writeFileSync(join(root, 'outside'), 'outside');
    linkSync(join(root, 'outside'), join(out, 'shared'));
    symlinkSync(join(root, 'outside'), join(out, 'link'));
    symlinkSync(root, join(out, 'link-to-directory'));
    const { error } = await takeAll([
      file('empty', 'a file'),
      file('link', 'mine'),
      directory('link-to-directory'),
      file('link-to-directory/outside', 'mine too'),
      file('shared', 'new'),
      directory('was-file'),
    ]);
    expect(error).toBeUndefined();
    expect(readFileSync(join(root, 'outside'), 'utf8')).toBe('outside');
    expect(readFileSync(join(out, 'kept'), 'utf8')).toBe('kept');
    expect(readFileSync(join(out, 'link-to-directory/outside'), 'utf8')).toBe('mine too');
    expect(lstatSync(join(out, 'link')).isFile()).toBe(true);
    expect(lstatSync(join(out, 'was-file')).isDirectory()).toBe(true);
  });

  test('of a second time finds directories that nobody may write to, and writes into them', async () => {
    const entries = [directory('d', 0o555), file('d/f', 'one')];
    await takeAll(entries);
    expect((await takeAll([directory('d', 0o555), file('d/f', 'two')])).error).toBeUndefined();
    expect(readFileSync(join(out, 'd/f'), 'utf8')).toBe('two');
  });

  test('does not throw away a directory with files of the user', async () => {
    mkdirSync(join(out, 'd'), { recursive: true });
    writeFileSync(join(out, 'd/mine'), '');
    const { fault } = await takeAll([file('d', 'x')]);
    expect(fault).toMatchObject({ code: 'OUTPUT_FAILED', details: { path: join(out, 'd') } });
    expect(fault?.message).toMatch(/a directory with files of its own/);
    expect(names()).toEqual(['d']);
  });

  test('makes no program that runs as its owner, and says so', async () => {
    const { trees } = await takeAll([
      { path: 'dir', mode: goBits.directory + goBits.setGroupId + 0o755 },
      { path: 'su', mode: goBits.setUserId + 0o755, content: 'x' },
      { path: 'wall', mode: goBits.setGroupId + 0o755, content: 'x' },
    ]);
    expect(trees[0]?.unprivileged).toBe(2);
    expect(['dir', 'su', 'wall'].map((path) => statSync(join(out, path)).mode & 0o7777)).toEqual([0o755, 0o755, 0o755]);
  });

  test.each([
    ['a device', goBits.device],
    ['a character device', goBits.device + 2 ** 21],
    ['a pipe', goBits.namedPipe],
    ['a socket', goBits.socket],
  ])('makes no node for %s, and says so', async (_, bits) => {
    const { trees, error } = await takeAll([file('a'), { path: 'node', mode: bits + 0o666 }]);
    expect(error).toBeUndefined();
    expect(trees[0]?.leftOut).toEqual(['node']);
    expect(names()).toEqual(['a']);
  });
});

test('nobody has to hear of a directory that was sent', async () => {
  const target: SendTarget = { kind: 'directory', path: out };
  const { DiffCopy } = fileSendService(new Map([[0, target]]), () => undefined).methods;
  if (DiffCopy?.kind === 'stream') await DiffCopy.handle(new TreeSender([file('a')]).stream());
  expect(names()).toEqual(['a']);
});

describe('a builder that is up to no good', () => {
  test.each<[string, readonly SentEntry[], RegExp]>([
    ['an absolute path', [file('/etc/cron.d/x')], /absolute path/],
    ['a path that leads out', [file('../x')], /leads out/],
    ['a path that leads out later', [directory('a'), file('a/../../x')], /leads out/],
    ['the directory itself', [directory('.')], /shortest form/],
    ['no name', [file('')], /shortest form/],
    ['two slashes', [directory('a'), file('a//b')], /shortest form/],
    ['a slash at the end', [directory('a/')], /shortest form/],
    ['a zero byte', [file('a\0b')], /zero byte/],
    ['a name that is no text', [file(Buffer.from([0x61, 0xff]) as never)], /not UTF-8/],
    ['a path below a link of its own', [symlink('a', '/tmp'), file('a/x')], /not in a directory/],
    ['a path below a file', [file('a'), file('a/x')], /not in a directory/],
    ['a path below nothing', [file('a/x')], /not in a directory/],
    ['a path twice', [directory('a'), symlink('a', '/etc')], /sent before/],
    ['a hard link to a file of ours', [{ path: 'a', link: '/etc/passwd' }], /had not sent before/],
    ['a hard link out', [{ path: 'a', link: '../outside' }], /had not sent before/],
    ['a hard link to a link', [symlink('s', '/etc/passwd'), { path: 'z', link: 's' }], /had not sent before/],
    ['a hard link to itself', [{ path: 'a', link: 'a' }], /had not sent before/],
    ['a link to nothing', [symlink('a', '')], /leads to no name/],
    ['a negative size', [{ path: 'a', size: -1 }], /a size of -1/],
    ['more than it said', [{ path: 'a', content: '12345', size: 3 }], /has not the 3 bytes/],
    ['less than it said', [{ path: 'a', content: '12', size: 3 }], /has not the 3 bytes.*but 2/],
    [
      'a path without end',
      Array.from({ length: 300 }, (__, depth) => directory(Array.from({ length: depth + 1 }, () => 'd').join('/'))),
      /deeper than 255/,
    ],
    ['a name without end', [file('n'.repeat(5000))], /longer than 4095 bytes/],
  ])('who sends %s gets nothing written there', async (_, entries, words) => {
    const before = openFiles();
    writeFileSync(join(root, 'outside'), 'outside');
    const sender = new TreeSender(entries);
    const { fault, trees } = await take(sender);
    expect(fault).toMatchObject({ code: 'DAEMON_PROTOCOL', retryable: false });
    expect(fault?.message).toMatch(words);
    expect(sender.errors).toEqual([fault?.message]);
    expect(trees).toEqual([]);
    expect(names(root)).toEqual(['out', 'outside']);
    expect(names().filter((name) => name.startsWith('.dock-'))).toEqual([]);
    expect(openFiles()).toBeLessThanOrEqual(before);
  });

  test.each<[string, (sender: TreeSender) => void, RegExp]>([
    [
      'content that nobody asked for',
      (sender) => sender.send({ type: 2, id: 7, data: Buffer.from('x') }),
      /nobody asked/,
    ],
    ['a path after the last one', (sender) => sender.send({ stat: { path: Buffer.from('b') } }), /after the last path/],
    ['a request', (sender) => sender.send({ type: 1, id: 0 }), /no place here/],
    ['that it is done, too early', (sender) => sender.send({ type: 3 }), /no place here/],
    ['what is no packet', (sender) => sender.raw(Buffer.from([0x12, 0x7f, 1])), /cannot be read/],
  ])('who sends %s is not believed', async (_, act, words) => {
    const sender = new TreeSender([file('a')]);
    sender.onRequest = () => act(sender);
    const { fault } = await take(sender);
    expect(fault?.code).toBe('DAEMON_PROTOCOL');
    expect(fault?.message).toMatch(words);
    expect(names()).toEqual([]);
  });

  test('who never ends a file is stopped where it has said that it ends', async () => {
    const sender = new TreeSender([{ path: 'a', size: 10_000 }]);
    let sent = 0;
    const more = (): void => {
      sent += 1000;
      sender.send({ type: 2, id: 0, data: Buffer.alloc(1000) });
      if (sent < 100_000) setImmediate(more);
    };
    sender.onRequest = more;
    const { fault } = await take(sender);
    expect(fault?.message).toMatch(/has not the 10000 bytes that it said, but 11000 or more/);
    expect(names()).toEqual([]);
  });

  test('who never ends its paths is stopped by their number and by their length', () => {
    const add = (limits: { paths: number; bytes: number }) => () => {
      const paths = new SentPaths(limits);
      for (let count = 0; count < 1000; count += 1) paths.add(`path-${count}`, 'left-out');
    };
    expect(add({ paths: 10, bytes: 10_000 })).toThrow(/one more than an output may have: 10 are there/);
    expect(add({ paths: 1000, bytes: 100 })).toThrow(/one more than an output may have: 15 are there/);
  });

  test('who leaves in the middle leaves nothing half', async () => {
    const sender = new TreeSender([{ path: 'a', size: 10 }, file('b')]);
    sender.onRequest = (id) => {
      if (id === 1) sender.content(1);
      else sender.send({ type: 2, id: 0, data: Buffer.from('12345') });
      if (id === 1) sender.leave();
    };
    const { error, fault } = await take(sender);
    expect(String(error)).toMatch(/left before it had sent everything/);
    expect(fault).toBeUndefined();
    expect(names().filter((name) => name !== 'b')).toEqual([]);
  });

  test('who sends to an exporter that nobody has is refused', async () => {
    const sender = new TreeSender([file('a')]);
    sender.metadata.set('buildkit-attachable-exporter-id', ['1']);
    expect(await take(sender)).toMatchObject({ error: { code: 5 }, fault: undefined });
    expect(existsSync(out)).toBe(false);
  });
});

describe('somebody who changes the destination meanwhile', () => {
  test('and puts a link where a directory was leads nothing out of it', async () => {
    mkdirSync(join(root, 'elsewhere'));
    const sender = new TreeSender([directory('d'), file('d/a', 'one'), directory('d/e'), file('d/e/b', 'two')]);
    sender.onRequest = (id) => {
      if (id === 3) {
        renameSync(join(out, 'd'), join(out, 'moved'));
        symlinkSync(join(root, 'elsewhere'), join(out, 'd'));
      }
      sender.content(id);
    };
    const { fault } = await take(sender);
    expect(names(join(root, 'elsewhere'))).toEqual([]);
    expect(fault === undefined || fault.code === 'OUTPUT_FAILED').toBe(true);
  });

  test('and puts a link where a directory has just been made gets an error', async () => {
    mkdirSync(join(root, 'elsewhere'));
    const sender = new TreeSender([file('a'), directory('d'), file('d/b')]);
    // Both directories are closed when another one is entered: the next look goes by name.
    const others = [directory('other'), file('other/c')];
    const late = new TreeSender([directory('d'), file('d/a'), ...others, file('d/z')]);
    late.onRequest = (id) => {
      if (id === 3) {
        rmSync(join(out, 'd'), { recursive: true });
        symlinkSync(join(root, 'elsewhere'), join(out, 'd'));
      }
      late.content(id);
    };
    expect((await take(sender)).error).toBeUndefined();
    const { fault } = await take(late);
    expect(fault).toMatchObject({ code: 'OUTPUT_FAILED' });
    expect(names(join(root, 'elsewhere'))).toEqual([]);
  });

  test('and puts something else where a file was gives it no second name', async () => {
    writeFileSync(join(root, 'secret'), 'secret');
    const sender = new TreeSender([file('a'), { path: 'b', link: 'a' }, file('c')]);
    sender.onRequest = (id) => {
      if (id === 0) return sender.content(0);
      const swap = (): void => {
        if (!existsSync(join(out, 'a'))) return void setImmediate(swap);
        rmSync(join(out, 'a'));
        linkSync(join(root, 'secret'), join(out, 'a'));
        sender.content(2);
      };
      swap();
    };
    const { fault } = await take(sender);
    expect(fault?.message).toMatch(/something else took the place of "a" meanwhile/);
    expect(names()).toEqual(['a', 'c']);
    expect(statSync(join(root, 'secret')).nlink).toBe(2);
  });
});

test('a destination that cannot be written is the fault of the build, with its path', async () => {
  writeFileSync(out, 'a file');
  const { fault } = await takeAll([file('a')]);
  expect(fault).toMatchObject({ code: 'OUTPUT_FAILED', details: { path: out } });
});

describe('bytes that a builder sends', () => {
  async function send(
    pieces: readonly Uint8Array[],
    sink: Writable,
    { breaks = false, metadata = new Map<string, string[]>() } = {},
  ): Promise<Outcome & { readonly bytes: readonly number[]; readonly told: readonly unknown[] }> {
    const bytes: number[] = [];
    const told: unknown[] = [];
    const messages = async function* (): AsyncGenerator<Uint8Array> {
      for (const data of pieces) yield toBinary(BytesMessageSchema, create(BytesMessageSchema, { data }));
      if (breaks) throw new Error('the connection broke');
    };
    const target: SendTarget = {
      kind: 'bytes',
      name: '/out.tar',
      open: (facts) => {
        told.push(facts);
        return sink;
      },
      onWhole: (count) => bytes.push(count),
    };
    const stream = {
      metadata,
      signal: new AbortController().signal,
      send: async () => undefined,
      messages: messages(),
    };
    return { ...(await call(target, stream)), bytes, told };
  }

  test('come in order, with what the exporter says of them, and are counted', async () => {
    const sink = new PassThrough();
    const metadata = new Map([
      ['exporter-md-image.name', ['a%2Fb']],
      ['exporter-md-image.name-encoded', ['1']],
      ['other', ['x']],
    ]);
    const sent = send([Buffer.from('one'), Buffer.alloc(0), Buffer.from('two')], sink, { metadata });
    const chunks: Buffer[] = await sink.toArray();
    expect(Buffer.concat(chunks).toString()).toBe('onetwo');
    const { bytes, told, error } = await sent;
    expect({ bytes, error }).toEqual({ bytes: [6], error: undefined });
    expect(told[0]).toMatchObject({ 'image.name': 'a/b' });
  });

  test('that break off are not whole, and their stream is destroyed', async () => {
    const sink = new PassThrough();
    sink.resume();
    const { bytes, error, fault } = await send([Buffer.from('one')], sink, { breaks: true });
    expect(String(error)).toMatch(/connection broke/);
    expect({ bytes, fault, isDestroyed: sink.destroyed }).toEqual({ bytes: [], fault: undefined, isDestroyed: true });
  });

  test('that cannot be written are the fault of the build', async () => {
    const full = new Writable({ write: (_, __, done) => done(Object.assign(new Error('no'), { code: 'ENOSPC' })) });
    const { fault, bytes } = await send([Buffer.from('one')], full);
    expect(fault).toMatchObject({ code: 'DISK_FULL', details: { path: '/out.tar' } });
    expect(bytes).toEqual([]);
  });

  test('without end take no memory: the builder waits for who reads them', async () => {
    let pulled = 0;
    const messages = async function* (): AsyncGenerator<Uint8Array> {
      for (;;) {
        pulled += 1;
        yield toBinary(BytesMessageSchema, create(BytesMessageSchema, { data: Buffer.alloc(1024) }));
      }
    };
    const caller = new AbortController();
    const sink = new Writable({ highWaterMark: 10 * 1024, write: () => caller.abort(new Error('enough')) });
    const stream = { metadata: new Map(), signal: caller.signal, send: async () => undefined, messages: messages() };
    const { error } = await call({ kind: 'bytes', name: '-', open: () => sink }, stream);
    expect(error).toBeDefined();
    expect(pulled).toBeLessThan(100);
  });

  test('come once for each exporter', async () => {
    const target: SendTarget = { kind: 'bytes', name: '-', open: () => new PassThrough().resume() };
    const { DiffCopy } = fileSendService(new Map([[0, target]]), () => undefined).methods;
    const stream = () => ({
      metadata: new Map(),
      signal: new AbortController().signal,
      send: async () => undefined,
      messages: (async function* () {})(),
    });
    if (DiffCopy?.kind !== 'stream') throw new Error('no stream');
    await DiffCopy.handle(stream());
    await expect(DiffCopy.handle(stream())).rejects.toMatchObject({ code: 6 });
  });
});

describe('what was written into a directory', () => {
  test('is taken away before the same build is asked for again, and nothing else is', async () => {
    mkdirSync(join(out, 'mine'), { recursive: true });
    writeFileSync(join(out, 'mine/kept'), 'kept');
    const written = new WrittenEntries();
    const entries = [
      directory('mine', 0o555),
      file('mine/new'),
      directory('own', 0o555),
      file('own/a'),
      { path: 'own/b', mode: 0o644, link: 'own/a', size: 1 },
      directory('own/deep', 0o755),
      symlink('own/link', '/etc'),
      directory('shared'),
      file('shared/x'),
      file('taken'),
    ];
    const before = openFiles();
    await call({ kind: 'directory', path: out, written }, new TreeSender(entries).stream());
    expect(names()).toEqual(['mine', 'own', 'shared', 'taken']);
    // Of somebody else, in between.
    writeFileSync(join(out, 'shared/y'), 'theirs');
    rmSync(join(out, 'taken'));
    mkdirSync(join(out, 'taken'));
    written.clear(out);
    expect([names(), names(join(out, 'mine')), names(join(out, 'shared'))]).toEqual([
      ['mine', 'shared', 'taken'],
      ['kept'],
      ['y'],
    ]);
    expect(existsSync('/etc/passwd')).toBe(true);
    expect(openFiles()).toBe(before);
  });

  test('is taken away also where the builder left in the middle', async () => {
    const written = new WrittenEntries();
    const sender = new TreeSender([directory('d'), file('d/first'), file('d/second')]);
    sender.onRequest = (id) => (id === 1 ? sender.content(1) : sender.leave());
    await call({ kind: 'directory', path: out, written }, sender.stream());
    expect(names(join(out, 'd'))).toEqual(['first']);
    written.clear(out);
    expect(names()).toEqual([]);
  });
});
