import { performServerHandshake, type ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import { create, toBinary } from '@bufbuild/protobuf';
import type { FakeEngine } from '@dock/testing';
import { frameMessage } from '../src/session/grpc-frames.js';
import { ListWorkersResponseSchema, SolveResponseSchema, StatusResponseSchema } from '../src/wire/control_pb.js';

/** A call of the control API, as its server sees it. */
export interface BuilderCall {
  readonly stream: ServerHttp2Stream;
  /** The connection of all calls. */
  readonly socket: Duplex;
  /** Send a message. */
  send(message: Uint8Array): void;
  /** End with a status of gRPC. */
  end(status?: number, words?: string, more?: Readonly<Record<string, string>>): void;
}

/** What a builder does, by method; a session stays open, and all others work at once. */
export type BuilderScript = Readonly<Record<string, (call: BuilderCall) => void | Promise<void>>>;

/** The image that a fake builder makes. */
export const imageId = `sha256:${'c'.repeat(64)}`;

/** The answer to a build that worked. */
export const solved = (): Uint8Array =>
  toBinary(
    SolveResponseSchema,
    create(SolveResponseSchema, { exporterResponse: { 'containerimage.digest': imageId } }),
  );

const time = { seconds: 1n, nanos: 0 };

/** Status of one step; it has ended where there is an `error`, be it empty. */
export function step(digest: string, name: string, error?: string): Uint8Array {
  const ended = error === undefined ? {} : { completed: time, error };
  const vertexes = [{ digest, name, started: time, ...ended }];
  return toBinary(StatusResponseSchema, create(StatusResponseSchema, { vertexes }));
}

const usual: BuilderScript = {
  ListWorkers: (call) => {
    call.send(toBinary(ListWorkersResponseSchema, create(ListWorkersResponseSchema, { record: [{ id: 'w' }] })));
    call.end();
  },
  Solve: (call) => {
    call.send(solved());
    call.end();
  },
  Status: (call) => call.end(),
  Session: (call) => void call.stream.resume(),
};

/** Let a fake engine's BuildKit do what a script says. */
export function scriptBuilder(engine: FakeEngine, script: BuilderScript): void {
  engine.on('POST', '/grpc', {
    hijack: async (socket) => {
      const session = performServerHandshake(socket);
      session.on('error', () => undefined);
      session.on('stream', (stream: ServerHttp2Stream, headers) => {
        stream.on('error', () => undefined);
        const method = (headers[':path'] ?? '').split('/').at(-1) ?? '';
        void ({ ...usual, ...script }[method] ?? unknown)(callOf(stream, socket));
      });
      // A client that goes away in the middle is no fault of this server.
      socket.on('error', () => undefined);
      await new Promise((resolve) => socket.once('close', resolve));
    },
  });
}

const unknown = (call: BuilderCall): void => call.end(12, 'unknown method');

function callOf(stream: ServerHttp2Stream, socket: Duplex): BuilderCall {
  const begin = (): void => {
    if (!stream.headersSent)
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  };
  return {
    stream,
    socket,
    send: (message) => {
      begin();
      stream.write(frameMessage(message));
    },
    end: (status = 0, words = '', more = {}) => {
      if (stream.destroyed) return;
      stream.once('wantTrailers', () =>
        stream.sendTrailers({ 'grpc-status': String(status), 'grpc-message': words, ...more }),
      );
      begin();
      stream.end();
    },
  };
}
