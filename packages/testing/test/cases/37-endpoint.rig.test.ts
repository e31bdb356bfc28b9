import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createProject, openRig, type Project, type Rig, runCase } from './dock-case.js';
import { holdToPage } from './held-to-page.js';

holdToPage(37);

let rig: Rig;
let project: Project;
let plain: Server;
let host: string;
/** The first byte of every connection. */
const firstBytes: number[] = [];
beforeAll(async () => {
  rig = await openRig('37');
  project = createProject({ 'context/Dockerfile': `FROM ${rig.base}\nLABEL case=37\n` });
  plain = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (data) => {
      firstBytes.push(data[0] ?? 0);
      socket.destroy();
    });
  });
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
  host = `tcp://127.0.0.1:${(plain.address() as AddressInfo).port}`;
});
afterAll(async () => {
  project.remove();
  await new Promise((resolve) => plain.close(resolve));
});

test('--host wins over DOCKER_HOST', async () => {
  await runCase(
    project,
    ['build', 'context', '--host', rig.engine.host],
    { status: 0 },
    { env: { DOCKER_HOST: 'tcp://127.0.0.1:1' } },
  );
});

test.each(['1', 'true', '0'])('DOCKER_TLS_VERIFY=%s never speaks plain http', async (value) => {
  // Without the files that TLS needs nothing is sent at all.
  for (const more of [{}, { DOCKER_CERT_PATH: join(project.home, 'certificates') }])
    await runCase(
      project,
      ['build', 'context'],
      { status: 2, code: 'ENDPOINT_INVALID', says: ['DOCKER_TLS_VERIFY', /ca\.pem/, 'never falls back to plain http'] },
      { env: { DOCKER_HOST: host, DOCKER_TLS_VERIFY: value, ...more } },
    );
  expect(firstBytes).toEqual([]);
});

test.each([
  ['ssh://', { DOCKER_HOST: 'ssh://user@host.example' }, [], ['"ssh://user@host.example"', 'DOCKER_HOST', /ssh -/]],
  ['an unknown context', {}, ['--context', 'gone'], ['"gone"', /context/]],
  ['DOCKER_CONTEXT that is not there', { DOCKER_CONTEXT: 'gone' }, [], ['"gone"', 'DOCKER_CONTEXT']],
] as const)('%s is refused with the endpoint and where it came from', async (_, env, args, says) => {
  await runCase(project, ['build', 'context', ...args], { status: 2, code: 'ENDPOINT_INVALID', says }, { env });
});

test('a context that cannot be read is refused, not passed over', async () => {
  const config = join(project.home, 'docker');
  mkdirSync(config, { recursive: true });
  writeFileSync(join(config, 'config.json'), '{ "currentContext": "gone" }');
  await runCase(
    project,
    ['build', 'context'],
    { status: 2, code: 'ENDPOINT_INVALID', says: ['"gone"', 'docker/config.json'] },
    { env: { DOCKER_CONFIG: config } },
  );
});
