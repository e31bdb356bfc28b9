import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type RigRegistry, startRegistry, startRegistryProxy } from '@dock/testing';
import { runCase } from './dock-case.js';
import { imageOf } from './image-of.js';
import { withPush } from './push-case.js';
import { holdToPage } from './held-to-page.js';

holdToPage(16);

const given = withPush('16');
const wrong = 'wrong-password';
let basic: RigRegistry;
beforeAll(async () => {
  basic = await startRegistry({ auth: 'basic' });
});
afterAll(() => basic.stop());

const configFor = (host: string, password: string) =>
  JSON.stringify({ auths: { [host]: { auth: Buffer.from(`${basic.username}:${password}`).toString('base64') } } });

test('a registry that takes the credentials for wrong says so before anything is built', async () => {
  const { rig, project } = given();
  project.write({ 'docker/config.json': configFor(basic.host, wrong) });
  const file = `${project.directory}/docker/config.json`;
  const { stdout, stderr, result } = await runCase(
    project,
    ['build', 'context', '--tag', `${basic.host}/${rig.unique}:1`],
    { status: 4, code: 'AUTH_FAILED', says: [basic.host, /sent|from/, file] },
    { engine: rig.engine, env: { DOCKER_CONFIG: `${project.directory}/docker` } },
  );
  expect(`${stdout}${stderr}`).not.toContain(wrong);
  expect(result.phases.some(({ phase }) => phase === 'build')).toBe(false);
});

test('a registry without credentials for it says so', async () => {
  const { rig, project } = given();
  await runCase(
    project,
    ['build', 'context', '--tag', `${basic.host}/${rig.unique}:1`],
    { status: 4, code: 'AUTH_FAILED', says: [basic.host, /no credentials/i, `docker login ${basic.host}`] },
    { engine: rig.engine },
  );
});

test.each([401, 403])('a push that is answered with %i keeps the image', async (status) => {
  const { rig, project } = given();
  const front = await startRegistryProxy({ target: basic.host });
  // The permission is taken away between the check before the build and the push.
  front.addRule({ method: 'PUT', path: /\/manifests\//, status });
  const name = `${front.host}/${rig.unique}:${status}`;
  project.write({ 'docker/config.json': configFor(front.host, basic.password) });
  const { result } = await runCase(
    project,
    ['build', 'context', '--tag', name],
    { status: 4, code: 'AUTH_FAILED', says: [front.host, /credentials/, `${project.directory}/docker/config.json`] },
    { engine: rig.engine, env: { DOCKER_CONFIG: `${project.directory}/docker` } },
  );
  expect(await imageOf(rig.engine, name)).toBe(result.image?.id);
  await front.stop();
});
