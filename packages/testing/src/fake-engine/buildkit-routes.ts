import { once } from 'node:events';
import { performServerHandshake, type ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { FakeEngine } from './fake-engine-types.js';

/** Unknown method, of gRPC. */
const unimplemented = 12;

/**
 * The fake's BuildKit, at the end of `POST /grpc` and, where engines serve it there, on the socket itself: each build works at once, without a step.
 * What a session offers is never asked for.
 *
 * @param makeImage Makes an image and gives its ID
 */
export function addBuildkitRoutes(on: FakeEngine['on'], makeImage: () => string): void {
  on('POST', '/grpc', { hijack: (socket) => serveControl(socket, makeImage) });
  on('POST', '/session', {
    hijack: async (socket) => {
      socket.resume();
      await once(socket, 'close');
    },
  });
}

/** What a method answers: one message, or none and the end. */
function answerOf(path: string, makeImage: () => string): Uint8Array | 'nothing' | undefined {
  switch (path.replace('/moby.buildkit.v1.Control/', '')) {
    case 'ListWorkers':
      return field(1, field(1, Buffer.from('fake')));
    case 'Solve':
      return field(
        1,
        Buffer.concat([field(1, Buffer.from('containerimage.digest')), field(2, Buffer.from(makeImage()))]),
      );
    case 'Status':
      return 'nothing';
    default:
      return undefined;
  }
}

async function serveControl(socket: Duplex, makeImage: () => string): Promise<void> {
  const session = performServerHandshake(socket);
  session.on('error', () => undefined);
  session.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => undefined);
    stream.resume();
    const path = headers[':path'] ?? '';
    // A session is open as long as its builder wants it.
    const answer = path.endsWith('/Session') ? undefined : answerOf(path, makeImage);
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.once('wantTrailers', () =>
      stream.sendTrailers({ 'grpc-status': String(answer === undefined ? unimplemented : 0) }),
    );
    if (path.endsWith('/Session')) return;
    if (answer !== undefined && answer !== 'nothing') stream.write(Buffer.concat([head(answer.length), answer]));
    stream.end();
  });
  await once(socket, 'close');
}

/** What stands before a message of gRPC. */
function head(length: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt32BE(length, 1);
  return bytes;
}

/** A field of protobuf that holds fewer than 128 bytes, or up to 16,383. */
function field(number: number, value: Uint8Array): Buffer {
  const length = value.length < 128 ? [value.length] : [(value.length % 128) + 128, Math.floor(value.length / 128)];
  return Buffer.concat([Buffer.from([number * 8 + 2, ...length]), value]);
}
