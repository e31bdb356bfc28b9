import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createProject, openRig, type Project, type Rig, runCase } from './dock-case.js';
import { holdToPage } from './held-to-page.js';

holdToPage(36);

// tail keeps a line that never ends in memory.
const greedy = 'tail -c 400m /dev/zero > /dev/null';
let rig: Rig;
let project: Project;
beforeAll(async () => {
  rig = await openRig('36');
  project = createProject({
    'run/Dockerfile': `FROM ${rig.base}\nRUN ${greedy}\n`,
    'gate/Dockerfile': `FROM ${rig.base}\nLABEL case=36\n`,
    'dock.config.mjs': `import { test } from '@dock/plugin-test';
      export default { source: 'gate', plugins: [test({ command: ['sh', '-c', ${JSON.stringify(greedy)}], network: 'none', memory: 20971520 })] };`,
  });
});
afterAll(() => project.remove());

test('a RUN that is killed for memory', async () => {
  const { result } = await runCase(
    project,
    ['build', 'run', '--no-config', '--builder', 'classic', '--memory', '20m', '--network', 'host', '--no-cache'],
    {
      status: 1,
      code: 'BUILD_STEP_FAILED',
      says: [/exit code 137/, 'killed (137), likely out of memory', /memory limit/],
    },
    { engine: rig.engine },
  );
  expect(result.error?.details).toMatchObject({ exitCode: 137 });
});

test('a container of a gate that is killed for memory', async () => {
  await runCase(
    project,
    ['build'],
    { status: 1, code: 'OOM_KILLED', says: [/killed \(137\)/, /memory of 21 MB/] },
    { engine: rig.engine },
  );
});
