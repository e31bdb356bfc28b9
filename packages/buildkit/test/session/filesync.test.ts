import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { DockError } from '@dock/core';
import { followLinks } from '../../src/session/filesync/follow-links.js';
import { createFileSync, type FileSyncOptions, type SyncedDirectory } from '../../src/session/filesync/file-sync.js';
import { fieldNumber, fieldText, ProtoWriter, readFields } from '../../src/session/protobuf.js';
import { GrpcError } from '../../src/session/service.js';

let root = '';
let contextDir = '';
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'dock-filesync-')));
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

interface Stat {
  path: string;
  mode: number;
  size: number;
  mtime: bigint;
  target: string;
}

/** The receiving side of a DiffCopy, as BuildKit plays it. */
class Receiver {
  readonly stats: Stat[] = [];
  readonly contents = new Map<number, Buffer[]>();
  readonly complete = new Set<number>();
  readonly errors: string[] = [];
  areStatsDone = false;
  hasFinished = false;
  /** Called after each packet of the sender. */
  onPacket: (receiver: Receiver) => void = () => undefined;
  /** `send` waits for this. */
  gate: Promise<void> = Promise.resolve();
  sends = 0;
  readonly controller = new AbortController();
  readonly #messages: Uint8Array[] = [];
  #wake: () => void = () => undefined;
  #isClosed = false;

  request(id: number): void {
    this.#push(new ProtoWriter().integer(1, 1).integer(3, id).finish());
  }
  finish(): void {
    this.#push(new ProtoWriter().integer(1, 3).finish());
  }
  giveUp(message: string): void {
    this.#push(new ProtoWriter().integer(1, 4).bytes(4, Buffer.from(message)).finish());
  }
  close(): void {
    this.#isClosed = true;
    this.#wake();
  }
  text(path: string): string | undefined {
    const id = this.stats.findIndex((stat) => stat.path === path);
    return this.complete.has(id) ? Buffer.concat(this.contents.get(id) ?? []).toString() : undefined;
  }
  /** Ask for every regular file as its stat comes, and finish when all are complete. */
  takeAll(want: (stat: Stat) => boolean = () => true): void {
    let asked = 0;
    this.onPacket = () => {
      for (; asked < this.stats.length; asked += 1) {
        const stat = this.stats[asked];
        if (stat !== undefined && isFile(stat) && want(stat)) this.request(asked);
      }
      const wanted = this.stats.filter((stat) => isFile(stat) && want(stat)).length;
      if (this.areStatsDone && this.complete.size === wanted) this.finish();
    };
  }
  #push(message: Uint8Array): void {
    this.#messages.push(message);
    this.#wake();
  }
  async *messages(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const message = this.#messages.shift();
      if (message !== undefined) yield message;
      else if (this.#isClosed) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
  async send(message: Uint8Array): Promise<void> {
    this.sends += 1;
    await this.gate;
    const fields = readFields(message);
    const type = Number(fields.find((field) => field.number === 1)?.integer ?? 0n);
    const id = Number(fields.find((field) => field.number === 3)?.integer ?? 0n);
    const data = Buffer.from(fields.find((field) => field.number === 4)?.bytes ?? []);
    const stat = fields.find((field) => field.number === 2);
    if (type === 0 && stat === undefined) this.areStatsDone = true;
    else if (type === 0 && stat !== undefined) this.stats.push(readStat(stat.bytes));
    else if (type === 2 && data.length === 0) this.complete.add(id);
    else if (type === 2) this.contents.set(id, [...(this.contents.get(id) ?? []), data]);
    else if (type === 3) this.hasFinished = true;
    else if (type === 4) this.errors.push(data.toString());
    this.onPacket(this);
  }
}

const isFile = (stat: Stat): boolean => stat.mode < 2 ** 24 && stat.target === '';

function readStat(bytes: Uint8Array): Stat {
  const stat: Stat = { path: '', mode: 0, size: 0, mtime: 0n, target: '' };
  for (const field of readFields(bytes)) {
    if (field.number === 1) stat.path = fieldText(field);
    if (field.number === 2) stat.mode = fieldNumber(field);
    if (field.number === 5) stat.size = fieldNumber(field);
    if (field.number === 6) stat.mtime = field.integer;
    if (field.number === 7) stat.target = fieldText(field);
  }
  return stat;
}

async function sync(
  receiver: Receiver,
  metadata: Record<string, readonly string[]> = {},
  overrides: Partial<FileSyncOptions> = {},
): Promise<void> {
  const { service } = createFileSync({
    contextDir,
    dockerfilePath: join(contextDir, 'Dockerfile'),
    dockerfileText: 'FROM scratch\n',
    ...overrides,
  });
  const method = service.methods['DiffCopy'];
  if (method?.kind !== 'stream') throw new Error('no stream');
  await method.handle({
    metadata: new Map(Object.entries({ 'dir-name': ['context'], ...metadata })),
    signal: receiver.controller.signal,
    messages: receiver.messages(),
    send: async (message, tail = new Uint8Array(0)) => receiver.send(Buffer.concat([message, tail])),
  });
}

async function paths(metadata: Record<string, readonly string[]>): Promise<string[]> {
  const receiver = new Receiver();
  receiver.takeAll(() => false);
  await sync(receiver, metadata);
  return receiver.stats.map((stat) => stat.path);
}

describe('DiffCopy of the context', () => {
  test('offers everything in the order of the protocol and sends what is asked for', async () => {
    write('a/z', 'az');
    write('a-b', 'ab');
    write('empty');
    write('big', Buffer.alloc(1_000_000, 'x'));
    write('run', '#!', 0o4755);
    mkdirSync(join(contextDir, 'sticky'));
    chmodSync(join(contextDir, 'sticky'), 0o1777);
    symlinkSync('a/z', join(contextDir, 'link'));
    linkSync(join(contextDir, 'a/z'), join(contextDir, 'same'));
    utimesSync(join(contextDir, 'empty'), 1_000_000_000.5, 1_000_000_000.5);
    const receiver = new Receiver();
    receiver.takeAll();
    const synced: SyncedDirectory[] = [];
    await sync(receiver, {}, { onSynced: (directory) => synced.push(directory) });
    expect(receiver.stats.map((stat) => stat.path)).toEqual([
      'Dockerfile',
      'a',
      'a/z',
      'a-b',
      'big',
      'empty',
      'link',
      'run',
      'same',
      'sticky',
    ]);
    const byPath = new Map(receiver.stats.map((stat) => [stat.path, stat]));
    expect(byPath.get('a')?.mode).toBe(2 ** 31 + 0o755);
    expect(byPath.get('run')?.mode).toBe(2 ** 23 + 0o755);
    expect(byPath.get('sticky')?.mode).toBe(2 ** 31 + 2 ** 20 + 0o777);
    expect(byPath.get('link')).toMatchObject({ mode: 2 ** 27 + 0o777, target: 'a/z' });
    expect(byPath.get('same')).toMatchObject({ mode: 0o644, target: 'a/z', size: 2 });
    expect(byPath.get('empty')).toMatchObject({ size: 0, mtime: 1_000_000_000_500_000_000n });
    expect(receiver.text('a/z')).toBe('az');
    expect(receiver.text('empty')).toBe('');
    expect(receiver.text('big')).toBe('x'.repeat(1_000_000));
    expect(receiver.hasFinished).toBe(true);
    expect(synced).toEqual([
      {
        name: 'context',
        files: 10,
        requested: 6,
        bytes: 2 + 2 + 2 + 1_000_000 + 'FROM scratch\n'.length,
        warnings: [],
      },
    ]);
  });

  test('sends only what is asked for', async () => {
    write('a', 'a');
    write('b', 'b');
    const receiver = new Receiver();
    receiver.takeAll((stat) => stat.path === 'b');
    await sync(receiver);
    expect([receiver.text('a'), receiver.text('b')]).toEqual([undefined, 'b']);
  });

  test('keeps one packet per file in the air, whatever the size', async () => {
    write('big', Buffer.alloc(8_000_000, 'x'));
    const receiver = new Receiver();
    receiver.takeAll();
    let open: () => void = () => undefined;
    receiver.gate = new Promise((resolve) => {
      open = resolve;
    });
    const done = sync(receiver);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(receiver.sends).toBe(1);
    open();
    await done;
    expect(receiver.text('big')).toHaveLength(8_000_000);
  });

  test('serves many small files', async () => {
    for (let index = 0; index < 500; index += 1) write(`dir-${index % 7}/file-${index}`, `content ${index}`);
    const receiver = new Receiver();
    receiver.takeAll();
    await sync(receiver);
    expect(receiver.text('dir-2/file-499')).toBe('content 499');
    expect(receiver.complete.size).toBe(501);
  });
});

describe('the filters of the builder', () => {
  test('exclude patterns are those of .dockerignore, exceptions included', async () => {
    write('node_modules/a/index.js');
    write('docs/keep.md');
    write('docs/drop.md');
    expect(await paths({ 'exclude-patterns': ['node_modules', 'docs', '!docs/keep.md', 'Dockerfile'] })).toEqual([
      'docs',
      'docs/keep.md',
    ]);
  });

  test('include patterns leave the rest out, and keep the directories above', async () => {
    write('src/a/main.ts');
    write('src/b/other.ts');
    write('lib/x');
    expect(await paths({ 'include-patterns': ['src/a', '.dockerignore'] })).toEqual(['src', 'src/a', 'src/a/main.ts']);
    expect(await paths({ 'include-patterns': ['**/other.ts'] })).toEqual(['src', 'src/b', 'src/b/other.ts']);
    expect(await paths({ 'include-patterns': ['nothing'] })).toEqual([]);
  });

  test('follow paths bring the links on the way and what they lead to', async () => {
    write('real/dir/file', 'x');
    write('real/dir/other', 'y');
    write('unrelated');
    symlinkSync('real', join(contextDir, 'alias'));
    symlinkSync('/real/dir', join(contextDir, 'absolute'));
    expect(await paths({ followpaths: ['alias/dir/file'] })).toEqual(['alias', 'real', 'real/dir', 'real/dir/file']);
    expect(await paths({ followpaths: ['absolute/other'] })).toEqual([
      'absolute',
      'real',
      'real/dir',
      'real/dir/other',
    ]);
    expect(await paths({ followpaths: ['.'] })).toContain('unrelated');
    expect(await paths({ followpaths: ['missing'] })).toEqual([]);
  });

  test.each([
    [['up'], ['etc', 'up']],
    [['loop/x'], ['loop']],
    [['a*'], ['a*', 'target']],
    [['dir/../file'], ['file']],
    [['../../etc/passwd'], ['etc/passwd']],
    [['x', 'x/y'], ['x']],
  ])('links never lead out of the root, loops end, wildcards are followed: %j', (given, expected) => {
    symlinkSync('../../../../etc', join(contextDir, 'up'));
    symlinkSync('loop', join(contextDir, 'loop'));
    symlinkSync('target', join(contextDir, 'alink'));
    expect(followLinks(contextDir, given)).toEqual(expected);
  });

  test('values that a header cannot carry are decoded', async () => {
    write('größe + 100%', 'x');
    write('other', 'y');
    expect(
      await paths({ 'include-patterns': ['gr%C3%B6%C3%9Fe+%2B+100%25'], 'include-patterns-encoded': ['1'] }),
    ).toEqual(['größe + 100%']);
  });

  test('values that an older builder sends as bytes are read as UTF-8', async () => {
    write('größe', 'x');
    write('other', 'y');
    const asNodeReadsIt = Buffer.from('größe').toString('latin1');
    expect(await paths({ 'include-patterns': [asNodeReadsIt] })).toEqual(['größe']);
    expect(await paths({ 'exclude-patterns': [asNodeReadsIt, 'Dockerfile'] })).toEqual(['other']);
    expect(await paths({ followpaths: [asNodeReadsIt] })).toEqual(['größe']);
  });
});

describe('a file that was given its old time', () => {
  const old = new Date('2020-01-01T00:00:00Z');
  const set = (path: string, content: string, time: Date): void => {
    write(path, content);
    utimesSync(join(contextDir, path), time, time);
  };
  const times = async (): Promise<Map<string, bigint>> => {
    const receiver = new Receiver();
    receiver.takeAll(() => false);
    await sync(receiver);
    return new Map(receiver.stats.map(({ path, mtime }) => [path, mtime]));
  };
  const seconds = (ns: bigint | undefined): number => Number((ns ?? 0n) / 1_000_000_000n);

  test('has another one for the builder once its content differs, within the same second; the same while it does not', async () => {
    set('a', 'AAAA', old);
    const first = await times();
    expect(await times()).toEqual(first);
    await new Promise((resolve) => setTimeout(resolve, 20));
    set('a', 'BBBB', old);
    const second = await times();
    expect(second.get('a')).not.toBe(first.get('a'));
    expect([first, second].map((each) => seconds(each.get('a')))).toEqual([old.getTime() / 1000, old.getTime() / 1000]);
    // Its own time tells of a file whose time nobody has set.
    expect(second.get('Dockerfile')).toBe(first.get('Dockerfile'));
  });

  test('stays as old as others of that time, and younger or older than the rest', async () => {
    set('a', 'x', old);
    set('b', 'y', old);
    set('c', 'z', new Date(old.getTime() + 1000));
    const found = await times();
    expect(found.get('a')).toBe(found.get('b'));
    expect((found.get('c') ?? 0n) - (found.get('a') ?? 0n)).toBe(1_000_000_000n);
  });
});

describe('what .dockerignore leaves out stays here', () => {
  beforeEach(() => {
    write('.dockerignore', 'secret*\ndir\n!dir/public\n.dockerignore\n');
    write('secret-key');
    write('dir/private');
    write('dir/public');
    write('other');
  });

  test.each([
    [{}, ['.dockerignore', 'Dockerfile', 'dir', 'dir/public', 'other']],
    [{ 'exclude-patterns': ['nothing'] }, ['Dockerfile', 'dir', 'dir/public', 'other']],
    [{ 'exclude-patterns': ['!secret-key', '!dir'] }, ['Dockerfile', 'dir', 'dir/public', 'other']],
    [{ 'exclude-patterns': ['dir', 'other'] }, ['Dockerfile']],
    [{ 'exclude-patterns': ['*', '!dir'] }, ['dir', 'dir/public']],
    [{ 'include-patterns': ['secret-key', 'dir/private'] }, []],
    [{ followpaths: ['secret-key', '.dockerignore'] }, ['.dockerignore']],
  ] as const)('for a builder that asks with %j', async (metadata, expected) => {
    expect(await paths(metadata)).toEqual(expected);
  });
});

describe('the directory of the Dockerfile', () => {
  test('holds the text that is built and its own ignore file, and nothing else', async () => {
    write('build/Prod', 'FROM old\n');
    write('build/Prod.dockerignore', 'x\n');
    write('build/secret');
    const receiver = new Receiver();
    receiver.takeAll();
    await sync(
      receiver,
      { 'dir-name': ['dockerfile'] },
      { dockerfilePath: join(contextDir, 'build/Prod'), dockerfileText: 'FROM new\n' },
    );
    expect(receiver.stats.map((stat) => stat.path)).toEqual(['Prod', 'Prod.dockerignore']);
    expect(receiver.text('Prod')).toBe('FROM new\n');
    expect(receiver.text('Prod.dockerignore')).toBe('x\n');
  });

  test('has another time for another text of the same length, and the same for the same', async () => {
    const times: (bigint | undefined)[] = [];
    for (const dockerfileText of ['FROM a\n', 'FROM b\n', 'FROM a\n']) {
      const receiver = new Receiver();
      receiver.takeAll();
      await sync(receiver, { 'dir-name': ['dockerfile'] }, { dockerfileText });
      times.push(receiver.stats[0]?.mtime);
    }
    expect(times[0]).not.toBe(times[1]);
    expect(times[0]).toBe(times[2]);
  });
});

describe('faults', () => {
  const failing = async (
    receiver: Receiver,
    metadata: Record<string, readonly string[]> = {},
    overrides: Partial<FileSyncOptions> = {},
  ) => {
    const faults: DockError[] = [];
    const error: unknown = await sync(receiver, metadata, {
      onFault: (fault) => faults.push(fault),
      ...overrides,
    }).catch((caught: unknown) => caught);
    return { error, faults };
  };

  test('another directory is not given', async () => {
    const { error } = await failing(new Receiver(), { 'dir-name': ['/etc'] });
    expect(error).toBeInstanceOf(GrpcError);
    expect((error as GrpcError).message).toBe('no access allowed to dir "/etc"');
  });

  test('a FIFO is left out, and told', async () => {
    execFileSync('mkfifo', [join(contextDir, 'pipe')]);
    const synced: SyncedDirectory[] = [];
    const receiver = new Receiver();
    receiver.takeAll();
    await sync(receiver, {}, { onSynced: (directory) => synced.push(directory) });
    expect(synced.map(({ warnings }) => warnings)).toEqual([
      ['The build context has sockets or FIFOs, which are left out: "pipe".'],
    ]);
  });

  test('a name that is not UTF-8 is our error, told before anything is offered', async () => {
    writeFileSync(Buffer.concat([Buffer.from(`${contextDir}/bad-`), Buffer.of(0xff)]), 'x');
    const receiver = new Receiver();
    const { error, faults } = await failing(receiver);
    expect(faults).toMatchObject([
      { code: 'CONTEXT_ERROR', message: '"bad-\uFFFD" in the build context has a name that is not UTF-8.' },
    ]);
    expect((error as GrpcError).message).toBe(faults[0]?.message);
    expect(receiver.stats).toEqual([]);
  });

  test('a context over its limit is our error, told before anything is offered', async () => {
    write('big', Buffer.alloc(1000));
    const receiver = new Receiver();
    const { faults } = await failing(receiver, {}, { limits: { maxBytes: 500 } });
    expect(faults[0]?.code).toBe('CONTEXT_TOO_LARGE');
    expect(receiver.stats).toEqual([]);
  });

  test('a bad pattern is named with its line before the build begins', () => {
    write('.dockerignore', 'ok\n[\n');
    expect(() =>
      createFileSync({ contextDir, dockerfilePath: join(contextDir, 'Dockerfile'), dockerfileText: '' }),
    ).toThrow(/in line 2 of/);
  });

  test('a file that shrinks while it is sent is our error, told to the builder, and leaves no file open', async () => {
    write('big', Buffer.alloc(2_000_000, 'x'));
    const open = readdirSync('/proc/self/fd').length;
    const receiver = new Receiver();
    receiver.takeAll();
    const takeAll = receiver.onPacket;
    receiver.onPacket = (self) => {
      if (self.contents.size > 0) truncateSync(join(contextDir, 'big'), 10);
      takeAll(self);
    };
    const { error, faults } = await failing(receiver);
    expect(faults[0]?.message).toMatch(/^"big" in the build context shrank from 2000000 to \d+ bytes/);
    expect(error).toBeInstanceOf(GrpcError);
    expect(receiver.errors).toEqual([faults[0]?.message]);
    expect(readdirSync('/proc/self/fd').length).toBe(open);
  });

  test('what the builder says when it gives up is kept', async () => {
    const receiver = new Receiver();
    receiver.onPacket = (self) => {
      if (self.areStatsDone) self.giveUp('no space left on device');
    };
    const { error, faults } = await failing(receiver);
    expect((error as GrpcError).message).toContain('no space left on device');
    expect(faults).toEqual([]);
  });

  test('a builder that leaves early is no success', async () => {
    const receiver = new Receiver();
    receiver.onPacket = (self) => {
      if (self.areStatsDone) self.close();
    };
    expect((await failing(receiver)).error).toMatchObject({ code: 1 });
  });

  test('asking for the content of a directory is refused', async () => {
    mkdirSync(join(contextDir, 'dir'));
    const receiver = new Receiver();
    receiver.onPacket = (self) => {
      if (self.areStatsDone) self.request(1);
    };
    expect((await failing(receiver)).error).toMatchObject({ code: 3 });
  });
});
