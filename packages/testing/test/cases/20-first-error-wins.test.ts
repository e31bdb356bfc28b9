import { expect, test } from '@jest/globals';
import { jsonLines } from '@dock/testing';
import { runCase } from './dock-case.js';
import { after, before, withFakeBuild } from './fake-build.js';
import { holdToPage } from './held-to-page.js';

holdToPage(20);

const given = withFakeBuild();
const error = { errorDetail: { message: 'the first failure' }, error: 'the first failure' };

test('an error in the last line, which has no newline at its end', async () => {
  const { project, args, env, answer } = given();
  answer([...jsonLines(before), JSON.stringify(error)]);
  await runCase(project, args, { status: 1, code: 'BUILD_STEP_FAILED', says: ['the first failure'] }, { env });
});

test('an error that more lines follow, another error and a success among them', async () => {
  const { project, args, env, answer } = given();
  answer(jsonLines([...before, error, { stream: 'cleaning up\n' }, { error: 'the second failure' }, ...after]));
  const { result } = await runCase(
    project,
    args,
    { status: 1, code: 'BUILD_STEP_FAILED', says: ['the first failure'] },
    { env },
  );
  expect(JSON.stringify(result.error?.message)).not.toContain('second');
  expect(result.image).toBeUndefined();
});
