import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { BlobDirectory } from '../../src/content/blob-directory.js';
import { contentService } from '../../src/content/content-service.js';
import { grpcStatus, type SessionMethod } from '../../src/session/service.js';
import {
  InfoRequestSchema,
  InfoResponseSchema,
  ReadContentRequestSchema,
  ReadContentResponseSchema,
  WriteContentRequestSchema,
  WriteContentResponseSchema,
} from '../../src/wire/content_pb.js';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dock-content-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const pathOf = (digest: string): string => join(directory, 'blobs/sha256', digest.slice(7));

function put(text: string): string {
  mkdirSync(join(directory, 'blobs/sha256'), { recursive: true });
  writeFileSync(pathOf(digestOf(text)), text);
  return digestOf(text);
}

async function call(name: string, requests: readonly Uint8Array[], { isWritable = true, id = 'store' } = {}) {
  const service = contentService(new Map([['store', { blobs: new BlobDirectory(directory), isWritable }]]));
  const method = service.methods[name] as SessionMethod;
  const answers: Uint8Array[] = [];
  const scope = {
    metadata: new Map([['buildkit-attachable-store-id', [id]]]),
    signal: new AbortController().signal,
  };
  async function* messages() {
    yield* requests;
  }
  if (method.kind === 'unary') answers.push(await method.handle(requests[0] ?? new Uint8Array(), scope));
  else
    await method.handle({
      ...scope,
      messages: messages(),
      send: async (message) => void answers.push(Uint8Array.from(message)),
    });
  return answers;
}

const info = (digest: string) => toBinary(InfoRequestSchema, create(InfoRequestSchema, { digest }));

async function read(digest: string, offset = 0n, size = 0n): Promise<string> {
  const request = toBinary(ReadContentRequestSchema, create(ReadContentRequestSchema, { digest, offset, size }));
  const answers = await call('Read', [request]);
  return Buffer.concat(answers.map((each) => fromBinary(ReadContentResponseSchema, each).data)).toString();
}

const write = (...messages: MessageInitShape<typeof WriteContentRequestSchema>[]) =>
  messages.map((each) => toBinary(WriteContentRequestSchema, create(WriteContentRequestSchema, each)));

test('a blob is told of and read, whole and in part, and more than there is means the rest', async () => {
  const digest = put('0123456789');
  expect(
    fromBinary(InfoResponseSchema, (await call('Info', [info(digest)]))[0] ?? new Uint8Array()).info,
  ).toMatchObject({
    digest,
    size: 10n,
  });
  expect(await read(digest)).toBe('0123456789');
  expect(await read(digest, 3n, 4n)).toBe('3456');
  expect(await read(digest, 8n, 100n)).toBe('89');
  expect(await read(digest, 10n)).toBe('');
  await expect(read(digest, 11n)).rejects.toMatchObject({ code: grpcStatus.outOfRange });
});

test('what is not there, has another name, or is a link is not found', async () => {
  const digest = digestOf('secret');
  await expect(read(digest)).rejects.toMatchObject({ code: grpcStatus.notFound });
  mkdirSync(join(directory, 'blobs/sha256'), { recursive: true });
  writeFileSync(join(directory, 'secret'), 'secret');
  symlinkSync(join(directory, 'secret'), pathOf(digest));
  await expect(read(digest)).rejects.toMatchObject({ code: grpcStatus.notFound });
  for (const name of ['../../secret', 'sha256:../../secret', ''])
    await expect(read(name)).rejects.toMatchObject({ code: grpcStatus.invalidArgument });
  await expect(call('Info', [info(digest)], { id: 'other' })).rejects.toMatchObject({ code: grpcStatus.notFound });
});

test('a blob comes in by pieces, and is there when its bytes have its digest', async () => {
  const expected = digestOf('hello world');
  const answers = await call(
    'Write',
    write(
      { action: 0, ref: 'r', total: 11n, expected },
      { action: 1, data: Buffer.from('hello ') },
      { action: 1, offset: 6n, data: Buffer.from('world') },
      { action: 2, offset: 11n, total: 11n, expected },
    ),
  );
  const told = answers.map((each) => fromBinary(WriteContentResponseSchema, each));
  expect(told.map(({ offset }) => offset)).toEqual([0n, 6n, 11n, 11n]);
  expect(told.at(-1)?.digest).toBe(expected);
  expect(readFileSync(pathOf(expected), 'utf8')).toBe('hello world');
  await expect(call('Write', write({ action: 0, ref: 'r', expected }))).rejects.toMatchObject({
    code: grpcStatus.alreadyExists,
  });
  expect(readdirSync(join(directory, 'ingest'))).toEqual([]);
});

test.each([
  ['bytes of another digest', { action: 2, data: Buffer.from('x'), expected: digestOf('y') }, 'failedPrecondition'],
  ['too few bytes', { action: 2, data: Buffer.from('x'), total: 2n }, 'failedPrecondition'],
  ['a gap', { action: 1, offset: 5n, data: Buffer.from('x') }, 'outOfRange'],
] as const)('%s leaves nothing', async (_, message, code) => {
  await expect(call('Write', write({ action: 0, ref: 'r' }, message))).rejects.toMatchObject({
    code: grpcStatus[code],
  });
  expect(new Set<unknown>(readdirSync(directory, { recursive: true }))).toEqual(
    new Set(['blobs', 'blobs/sha256', 'ingest']),
  );
});

test('nothing is written where a build only reads', async () => {
  await expect(call('Write', write({ action: 0, ref: 'r' }), { isWritable: false })).rejects.toMatchObject({
    code: grpcStatus.permissionDenied,
  });
  expect(readdirSync(directory)).toEqual([]);
});
