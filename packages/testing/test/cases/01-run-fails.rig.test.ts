import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { engineRequest } from '@dock/testing';
import { createProject, openRig, outputOf, type Project, type Rig, runCase } from './dock-case.js';
import { holdToPage } from './held-to-page.js';

holdToPage(1);

let rig: Rig;
let project: Project;
beforeAll(async () => {
  rig = await openRig('01');
  const command = 'for i in $(seq 1 30); do echo "line $i"; done; exit 3';
  project = createProject({ 'context/Dockerfile': `FROM ${rig.base}\nRUN ${command}\nRUN never\n` });
});
afterAll(() => project.remove());

test.each(['classic', 'buildkit'])('a RUN that exits with 3 in a %s build', async (builder) => {
  const { engine } = rig;
  const { result, stderr } = await runCase(
    project,
    ['build', 'context', '--builder', builder, '--network', 'host', '--no-cache'],
    { status: 1, code: 'BUILD_STEP_FAILED', says: ['seq 1 30', /exit code 3/, '(step 2/3)'] },
    { engine },
  );
  const shown = stderr.match(/^ {4}\| line \d+$/gm) ?? [];
  expect(shown).toEqual(Array.from({ length: 20 }, (_, index) => `    | line ${index + 11}`));
  expect(outputOf(result).trim().split('\n')).toHaveLength(30);
  expect(result.image).toBeUndefined();
  // Other tests have containers in the same engine.
  const answer = await engineRequest(engine.socketPath, 'GET', '/containers/json?all=1');
  const containers = answer.json() as readonly { readonly Command: string }[];
  expect(containers.filter(({ Command }) => Command.includes('seq 1 30'))).toEqual([]);
});
