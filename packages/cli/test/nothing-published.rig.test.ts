import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { engineRequest, sharedEngine, type SharedRigEngine, sharedRegistry } from '@dock/testing';
import { createProject, type Project } from './run-dock.js';

const name = `unpublished-${process.pid}-${Date.now().toString(36)}`;
let engine: SharedRigEngine;
let host: string;
let project: Project;
beforeAll(async () => {
  engine = await sharedEngine();
  ({ host } = await sharedRegistry());
});
afterAll(async () => {
  await engineRequest(engine.socketPath, 'DELETE', `/images/${host}/${name}:1?force=1`);
});
beforeEach(() => {
  project = createProject({ 'app/Dockerfile': 'FROM scratch\nLABEL a=b\n' });
});
afterEach(() => project.remove());

const said = 'Nothing was published: no plugin of "';

test.each<[string, string, string[], boolean]>([
  ['a config without anything that publishes', 'plugins: []', [], true],
  ['a config without plugins', '', [], true],
  ['a config that publishes', 'plugins: [push()]', [], false],
  ['a config that says that it does not', 'publish: false', [], false],
  ['--push', '', ['--push'], false],
  ['--no-push', '', ['--no-push'], false],
  ['--quiet', '', ['--quiet'], false],
  ['no config', '', ['--no-config'], false],
])('with %s, the end of a run says whether nothing was published', async (_case, config, flags, isSaid) => {
  project.write({
    'dock.config.mjs': `import { push } from '@dock/plugin-push';\nexport default { image: '${host}/${name}:1', ${config} };\nvoid push;\n`,
  });
  const named = flags.includes('--no-config') ? ['--tag', `${host}/${name}:1`] : [];
  const { status, stderr } = await project.run([
    'build',
    'app',
    ...flags,
    ...named,
    '--progress',
    'plain',
    '-H',
    engine.host,
  ]);
  expect([status, stderr.includes(said)]).toEqual([0, isSaid]);
});
