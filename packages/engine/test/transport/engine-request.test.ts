import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { sendEngineRequest } from '../../src/transport/engine-request.js';

let directory: string;
let server: Server;
const sockets: Duplex[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'dock-request-'));
  server = createServer();
  server.on('upgrade', (_request, socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nhello');
  });
  server.listen(join(directory, 'engine.sock'));
  await once(server, 'listening');
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.close();
  rmSync(directory, { recursive: true, force: true });
});

test('an upgraded connection ends with the signal of its call', async () => {
  const own = new AbortController();
  const { stream } = await sendEngineRequest(
    { kind: 'unix', socketPath: join(directory, 'engine.sock') } as Parameters<typeof sendEngineRequest>[0],
    { method: 'POST', path: '/attach', upgrade: 'tcp', signal: own.signal },
  );
  const [first] = (await once(stream, 'data')) as [Buffer];
  expect(String(first)).toBe('hello');
  stream.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => void stream.once('close', resolve));
  own.abort(new Error('enough'));
  await closed;
  expect(stream.destroyed).toBe(true);
  expect(stream.errored?.message).toBe('enough');
});
