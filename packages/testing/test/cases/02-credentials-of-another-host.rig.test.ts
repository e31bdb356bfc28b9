import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sharedRegistry } from '@dock/testing';
import { createProject, openRig, type Project, type Rig, runCase } from './dock-case.js';
import { holdToPage } from './held-to-page.js';

holdToPage(2);

let rig: Rig;
let project: Project;
let evil: Server;
let host: string;
const seen: (string | undefined)[] = [];
beforeAll(async () => {
  rig = await openRig('02');
  evil = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(401, { 'Www-Authenticate': 'Basic realm="evil"' }).end('{}');
  });
  await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(evil.address() as AddressInfo).port}`;
  project = createProject({ 'context/Dockerfile': `FROM ${host}/x:1\n` });
});
afterAll(async () => {
  project.remove();
  await new Promise((resolve) => evil.close(resolve));
});

test.each([
  ['classic', []],
  ['buildkit', []],
  ['buildkit', ['--config', 'bare.mjs']],
] as const)('a %s build FROM a host for which there are no credentials (%j)', async (builder, more) => {
  const good = await sharedRegistry({ auth: 'basic' });
  project.write({
    'docker/config.json': JSON.stringify(good.dockerConfig()),
    // Without pull-base nobody but the builder itself asks the host.
    'bare.mjs': 'export default { plugins: [] };',
  });
  seen.length = 0;
  await runCase(
    project,
    ['build', 'context', '--builder', builder, ...more],
    more.length === 0
      ? { status: 4, code: 'AUTH_FAILED', says: [host] }
      : { status: 1, code: 'BUILD_FAILED', says: [host, /authori[sz]/i] },
    { engine: rig.engine, env: { DOCKER_CONFIG: `${project.directory}/docker` } },
  );
  expect(seen.length).toBeGreaterThan(0);
  expect(seen.filter((header) => header !== undefined)).toEqual([]);
});
