import { readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createProject, openRig, type Project, type Rig, runCase } from './dock-case.js';
import { holdToPage } from './held-to-page.js';

holdToPage(23);

let rig: Rig;
let project: Project;
let silent: Server;
let port: number;
const sockets = new Set<Socket>();
beforeAll(async () => {
  rig = await openRig('23');
  silent = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  ({ port } = silent.address() as AddressInfo);
  project = createProject({ 'dock.config.mjs': 'export default { timeouts: { sourceMs: 1500 } };' });
});
afterAll(async () => {
  project.remove();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => silent.close(resolve));
});

/** Processes that have the server's address on their command line. */
function processesOf(address: string): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return line.includes(address) ? [line] : [];
    } catch {
      return [];
    }
  });
}

test('a git server that takes the connection and says nothing', async () => {
  const address = `127.0.0.1:${port}`;
  await runCase(
    project,
    ['build', `http://${address}/r.git`],
    { status: 124, code: 'GIT_TIMEOUT', says: ['1.5 s'] },
    { engine: rig.engine },
  );
  expect(processesOf(address)).toEqual([]);
});
