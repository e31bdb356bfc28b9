import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { BuildResult } from '@dock/core';
import { createProject, openRig, type Project, type Rig } from './dock-case.js';
import { holdToPage, sawOutcome } from './held-to-page.js';

holdToPage(39);

let rig: Rig;
let project: Project;
beforeAll(async () => {
  rig = await openRig('39');
  project = createProject({
    'good/Dockerfile': `FROM ${rig.base}\nLABEL case=39\n`,
    'bad/Dockerfile': `FROM ${rig.base}\nRUN exit 3\n`,
    'throws.mjs': 'throw new Error("boom");',
    'plugin.mjs':
      'export default { source: "good", plugins: [{ name: "p", apply(d) { d.hooks.prebuild.tap("p", () => { throw new Error("x") }) } }] };',
    'slow.mjs':
      'export default { source: "good", plugins: [{ name: "p", apply(d) { d.hooks.prebuild.tap("p", () => new Promise(() => {}), { timeoutMs: 200 }) } }] };',
  });
});
afterAll(() => project.remove());

const nowhere = 'unix:///nobody/listens.sock';

// Rows of one length: jest hands a callback to a function that takes more than its row has.
const cases: readonly (readonly [status: number, args: readonly string[], host: string | undefined])[] = [
  [0, ['build', 'good'], undefined],
  [1, ['build', 'bad', '--network', 'host', '--no-cache'], undefined],
  [2, ['build', 'good', '--unknown-flag'], undefined],
  [2, ['bulid'], undefined],
  [2, ['build', 'good', '--config', 'throws.mjs'], undefined],
  [2, ['build', 'good', '--tag', 'Foo/bar:tag!'], undefined],
  [2, ['build', 'file:///etc'], undefined],
  [3, ['build', 'good'], nowhere],
  [3, ['build', 'http://127.0.0.1:1/r.git'], undefined],
  [5, ['build', '--config', 'plugin.mjs'], undefined],
  [124, ['build', '--config', 'slow.mjs'], undefined],
];

test.each(cases)(
  '%i of dock %j is the same with and without --json, and that prints one document',
  async (status, args, host) => {
    const env = { DOCKER_HOST: host ?? rig.engine.host };
    const plain = await project.run(args, { env });
    const json = await project.run([...args, '--json'], { env });
    sawOutcome(json.status);
    expect([plain.status, json.status]).toEqual([status, status]);
    // The whole of standard output is one document.
    const document = JSON.parse(json.stdout) as Pick<BuildResult, 'exitStatus' | 'status' | 'error'>;
    expect([document.exitStatus, document.status]).toEqual([status, status === 0 ? 'ok' : 'failed']);
    expect(document.error?.exitStatus ?? 0).toBe(status);
    expect(status === 0 ? '' : plain.stdout).toBe('');
  },
);

test.each(['stdout', 'stderr'] as const)('a closed %s changes neither the build nor its status', async (stream) => {
  for (const [status, directory] of [
    [0, 'good'],
    [1, 'bad'],
  ] as const) {
    const child = project.start(['build', directory, '--network', 'host', '--json'], {
      env: { DOCKER_HOST: rig.engine.host },
    });
    child[stream]?.destroy();
    child[stream === 'stdout' ? 'stderr' : 'stdout']?.resume();
    expect((await once(child, 'exit'))[0]).toBe(status);
  }
});
