// Ends connections of gRPC in an event of one of their calls, while frames of the others are being read: first as the client, then as the server.
import { once } from 'node:events';
import { connect as connectHttp2, constants } from 'node:http2';
import { connect, createServer } from 'node:net';
import { onChannel } from '../../dist/control/open-control.js';
import { serveGrpc } from '../../dist/session/grpc-server.js';

const rounds = 100;
const calls = 3;

/** A service that answers when all calls of its connection have come, so that the answers come in one piece. */
function together() {
  let come = 0;
  let release;
  const all = new Promise((resolve) => (release = resolve));
  const handle = async ({ send }) => {
    come += 1;
    if (come === calls) release();
    await all;
    await send(Buffer.alloc(2000));
    throw new Error('refused');
  };
  return { name: 'test.Together', methods: { Fail: { kind: 'stream', handle } } };
}

/** A service that closes its server when a call is cancelled. */
function closing(close) {
  const handle = async ({ signal }) => {
    await once(signal, 'abort');
    await close();
  };
  return { name: 'test.Closing', methods: { Wait: { kind: 'stream', handle } } };
}

const listener = createServer((socket) => {
  const server = serveGrpc(socket, [together(), closing(() => server.close())]);
});
listener.listen(0, '127.0.0.1');
await once(listener, 'listening');
const { port } = listener.address();
async function dial() {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

let failed = 0;
for (let round = 0; round < rounds; round += 1) {
  const socket = await dial();
  const ask = async (_, channel) =>
    Promise.all(Array.from({ length: calls }, () => channel.unary('/test.Together/Fail', Buffer.alloc(10))));
  await onChannel(socket, ask).catch((error) => {
    if (error.name !== 'CallFailure') throw error;
    failed += 1;
  });
  if (!socket.destroyed) throw new Error('the connection is still open');
}

for (let round = 0; round < rounds; round += 1) {
  const socket = await dial();
  const closed = once(socket, 'close');
  const session = connectHttp2('http://server', { createConnection: () => socket });
  session.on('error', () => undefined);
  const streams = Array.from({ length: calls }, () =>
    session.request({ ':method': 'POST', ':path': '/test.Closing/Wait' }),
  );
  for (const stream of streams) stream.on('error', () => undefined).resume();
  await Promise.all(streams.map((stream) => once(stream, 'response')));
  streams[0].close(constants.NGHTTP2_CANCEL);
  streams[1].close(constants.NGHTTP2_CANCEL);
  streams[2].end(Buffer.alloc(10));
  await closed;
}

listener.close();
process.stdout.write(`${failed} of ${rounds} failed and ended\n`);
