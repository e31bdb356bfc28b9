import { connect, constants, type ClientHttp2Session } from 'node:http2';
import { createServer, connect as connectSocket, type AddressInfo, type Server, type Socket } from 'node:net';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { authService } from '../../src/session/auth/auth-service.js';
import { frameMessage, readMessages } from '../../src/session/grpc-frames.js';
import { type GrpcServer, serveGrpc } from '../../src/session/grpc-server.js';
import { healthService } from '../../src/session/health-service.js';
import { fieldText, ProtoWriter, readFields } from '../../src/session/protobuf.js';
import { secretsService } from '../../src/session/secrets-service.js';
import { GrpcError, grpcStatus, type SessionService } from '../../src/session/service.js';
import { credentialsOf } from '../../../engine/test/engine-fixture.js';

/** Tells of a call's first message and of how its messages ended. */
const told = new EventEmitter();

const echo: SessionService = {
  name: 'test.Echo',
  methods: {
    Stream: {
      kind: 'stream',
      handle: async ({ messages, send }) => {
        for await (const message of messages) await send(message);
      },
    },
    Whole: {
      kind: 'stream',
      handle: async ({ messages }) => {
        try {
          for await (const message of messages) told.emit('first', message);
          told.emit('end', 'whole');
        } catch (error) {
          told.emit('end', String(error));
        }
      },
    },
    Early: { kind: 'stream', handle: async ({ send }) => send(Buffer.from('bye')) },
    Despair: {
      kind: 'stream',
      handle: async ({ send }) => {
        // Between two promises, where what waits for the next tick has to wait.
        await Promise.resolve();
        await send(Buffer.from('a FIFO'));
        throw new Error('cannot send it');
      },
    },
    Refuse: {
      kind: 'unary',
      handle: async () => {
        throw new GrpcError(grpcStatus.permissionDenied, 'nö 100%');
      },
    },
    Break: {
      kind: 'unary',
      handle: async () => {
        throw new Error('kaboom');
      },
    },
  },
};

let listener: Server;
let client: ClientHttp2Session;
let server: GrpcServer;
let socket: Socket;
let secretFile: string;
beforeEach(async () => {
  secretFile = join(mkdtempSync(join(tmpdir(), 'dock-secret-')), 'value');
  writeFileSync(secretFile, Buffer.from([0x73, 0xff, 0x0a]));
  listener = createServer();
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const accepted = once(listener, 'connection');
  socket = connectSocket(port, '127.0.0.1');
  const [served] = (await accepted) as [Socket];
  const credentials = credentialsOf({ 'good.example': { username: 'user', password: 'pass' } });
  server = serveGrpc(served, [
    healthService,
    authService({ credentials }),
    secretsService([{ id: 'token', file: secretFile }]),
    echo,
  ]);
  client = connect('http://session', { createConnection: () => socket });
  client.on('error', () => undefined);
});
afterEach(async () => {
  client.destroy();
  await server.close();
  await server.closed;
  listener.close();
  rmSync(join(secretFile, '..'), { recursive: true });
});

async function call(
  path: string,
  ...messages: Uint8Array[]
): Promise<{ status: string; message: string; answers: Buffer[] }> {
  const stream = client.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  let trailers: Record<string, string> = {};
  stream.on('trailers', (headers: Record<string, string>) => {
    trailers = headers;
  });
  for (const message of messages) stream.write(frameMessage(message));
  stream.end();
  const answers: Buffer[] = [];
  for await (const answer of readMessages(stream)) answers.push(Buffer.from(answer));
  return { status: trailers['grpc-status'] ?? '', message: trailers['grpc-message'] ?? '', answers };
}

const host = (name: string) => new ProtoWriter().text(1, name).finish();
const fields = (bytes: Uint8Array | undefined) =>
  readFields(bytes ?? new Uint8Array(0)).map((field) => [field.number, fieldText(field)]);

describe('the session', () => {
  test.each([constants.NGHTTP2_CANCEL, constants.NGHTTP2_NO_ERROR, constants.NGHTTP2_INTERNAL_ERROR])(
    'does not take a call that was reset (%s) in the middle for one that has ended',
    async (code) => {
      const [first, end] = [once(told, 'first'), once(told, 'end')];
      const stream = client.request({ ':method': 'POST', ':path': '/test.Echo/Whole', te: 'trailers' });
      stream.on('error', () => undefined);
      stream.write(frameMessage(Buffer.from('half')));
      await first;
      // As Go resets a call; Node's client would end it in good order before.
      const id = stream.id ?? 0;
      socket.write(Buffer.from([0, 0, 4, 3, 0, 0, 0, 0, id, 0, 0, 0, code]));
      expect(String((await end)[0])).toMatch(/Premature close/);
    },
  );

  test('is healthy', async () => {
    const { status, answers } = await call('/grpc.health.v1.Health/Check', new Uint8Array(0));
    expect({ status, answer: answers[0]?.toString('hex') }).toEqual({ status: '0', answer: '0801' });
  });

  test('gives a host its credentials', async () => {
    const { answers } = await call('/moby.filesync.v1.Auth/Credentials', host('good.example'));
    expect(fields(answers[0])).toEqual([
      [1, 'user'],
      [2, 'pass'],
    ]);
  });

  test.each(['evil.example', 'good.example.evil', 'sub.good.example', 'good.example:443', ''])(
    'gives the host "%s" nothing',
    async (name) => {
      const { answers } = await call('/moby.filesync.v1.Auth/Credentials', host(name));
      expect(answers.map(fields).flat()).toEqual([]);
    },
  );

  test.each([
    '/moby.filesync.v1.Auth/FetchToken',
    '/moby.filesync.v1.Auth/GetTokenAuthority',
    '/moby.filesync.v1.Auth/VerifyTokenAuthority',
    '/no.Service/X',
  ])('%s is not offered', async (path) => {
    expect((await call(path, host('good.example'))).status).toBe(String(grpcStatus.unimplemented));
  });

  test('gives a secret byte by byte, and no other', async () => {
    const { answers } = await call('/moby.buildkit.secrets.v1.Secrets/GetSecret', host('token'));
    expect(Buffer.from(readFields(answers[0] ?? new Uint8Array(0))[0]?.bytes ?? []).toString('hex')).toBe('73ff0a');
    expect(await call('/moby.buildkit.secrets.v1.Secrets/GetSecret', host('other'))).toMatchObject({
      status: '5',
      message: 'secret other not found',
    });
  });

  test('tells errors by code, message percent-encoded', async () => {
    expect(await call('/test.Echo/Refuse', new Uint8Array(0))).toMatchObject({
      status: '7',
      message: 'n%C3%B6 100%25',
    });
    expect(await call('/test.Echo/Break', new Uint8Array(0))).toMatchObject({ status: '2', message: 'kaboom' });
    expect(await call('/test.Echo/Refuse')).toMatchObject({ status: '3' });
  });

  test('streams both ways, whole messages whatever their size', async () => {
    const messages = [Buffer.alloc(0), Buffer.from('a'), Buffer.alloc(300_000, 'x'), Buffer.from('ž')];
    const { status, answers } = await call('/test.Echo/Stream', ...messages);
    expect(status).toBe('0');
    expect(answers).toEqual(messages);
  });

  test('a method may end before it has read everything', async () => {
    const { status, answers } = await call('/test.Echo/Early', Buffer.alloc(10));
    expect({ status, text: answers.map(String) }).toEqual({ status: '0', text: ['bye'] });
  });

  test('what a method said before it failed comes before its status', async () => {
    const { status, message, answers } = await call('/test.Echo/Despair', Buffer.alloc(10));
    expect({ status, message, text: answers.map(String) }).toEqual({
      status: '2',
      message: 'cannot send it',
      text: ['a FIFO'],
    });
  });

  test('refuses compressed messages', async () => {
    const stream = client.request({ ':method': 'POST', ':path': '/test.Echo/Stream' });
    const frame = frameMessage(Buffer.from('x'));
    frame[0] = 1;
    const trailers = once(stream, 'trailers');
    stream.end(frame);
    stream.resume();
    const [headers] = (await trailers) as [Record<string, string>];
    expect(headers['grpc-status']).toBe('12');
  });

  test('ends open calls when it is closed', async () => {
    const stream = client.request({ ':method': 'POST', ':path': '/test.Echo/Stream' });
    stream.on('error', () => undefined);
    await once(stream, 'response');
    const closed = once(stream, 'close');
    await server.close();
    await closed;
    expect(stream.rstCode === constants.NGHTTP2_NO_ERROR && !stream.destroyed).toBe(false);
  });
});

test('readMessages takes frames whatever the chunk borders, and refuses a cut one', async () => {
  const bytes = Buffer.concat([
    frameMessage(Buffer.from('one')),
    frameMessage(Buffer.alloc(0)),
    frameMessage(Buffer.from('two')),
  ]);
  async function* everyByte(end: number) {
    for (let at = 0; at < end; at += 1) yield bytes.subarray(at, at + 1);
  }
  const read = async (end: number) => {
    const messages: string[] = [];
    for await (const message of readMessages(everyByte(end))) messages.push(Buffer.from(message).toString());
    return messages;
  };
  expect(await read(bytes.length)).toEqual(['one', '', 'two']);
  await expect(read(bytes.length - 1)).rejects.toThrow('ended inside a message');
});
