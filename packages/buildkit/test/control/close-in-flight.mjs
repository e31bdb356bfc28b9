// Ends connections of gRPC in an event of one of their calls, while the answers of the others are being read.
import { once } from 'node:events';
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

const listener = createServer((socket) => serveGrpc(socket, [together()]));
listener.listen(0, '127.0.0.1');
await once(listener, 'listening');
const { port } = listener.address();
let failed = 0;
for (let round = 0; round < rounds; round += 1) {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const ask = async (_, channel) =>
    Promise.all(Array.from({ length: calls }, () => channel.unary('/test.Together/Fail', Buffer.alloc(10))));
  await onChannel(socket, ask).catch((error) => {
    if (error.name !== 'CallFailure') throw error;
    failed += 1;
  });
  if (!socket.destroyed) throw new Error('the connection is still open');
}
listener.close();
process.stdout.write(`${failed} of ${rounds} failed and ended\n`);
