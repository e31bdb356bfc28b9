import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { baseImage, type RigRegistry, startRegistry } from '@dock/testing';
import { createProject, openRig, type Project, type Rig, runCase } from './dock-case.js';
import { holdToPage } from './held-to-page.js';

holdToPage(3);

/** Its JSON has `+` and `/` in base64: an engine that is sent those reads no credentials at all. */
const password = 'pa>>>???~~~\u00ff\u00fe\u00fb';
let rig: Rig;
let registry: RigRegistry;
let project: Project;
beforeAll(async () => {
  rig = await openRig('03');
  registry = await startRegistry({ auth: 'basic', password });
  const { reference } = await baseImage(registry, { name: `${rig.unique}/private:1` });
  project = createProject({
    'context/Dockerfile': `FROM ${reference}\nLABEL case=3\n`,
    'docker/config.json': JSON.stringify(registry.dockerConfig()),
    'bare.mjs': 'export default { plugins: [] };',
  });
});
afterAll(async () => {
  project.remove();
  await registry.stop();
});

test.each(['classic', 'buildkit'])('a private base is pulled by a %s build with such a password', async (builder) => {
  expect(Buffer.from(JSON.stringify({ password })).toString('base64')).toMatch(/[+/]/);
  const before = registry.requests().length;
  await runCase(
    project,
    // Only the builder pulls, and it may not have the base yet.
    ['build', 'context', '--config', 'bare.mjs', '--builder', builder, '--no-cache', '--pull'],
    { status: 0 },
    { engine: rig.engine, env: { DOCKER_CONFIG: `${project.directory}/docker` } },
  );
  const answers = registry.requests().slice(before);
  expect(
    answers.some(
      ({ authorization, status, user }) => authorization === 'basic' && status === 200 && user === registry.username,
    ),
  ).toBe(true);
});
