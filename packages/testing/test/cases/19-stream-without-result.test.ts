import { expect, test } from '@jest/globals';
import { jsonLines } from '@dock/testing';
import { runCase } from './dock-case.js';
import { before, withFakeBuild } from './fake-build.js';
import { holdToPage } from './held-to-page.js';

holdToPage(19);

const given = withFakeBuild();

test.each(['chunked', 'close'] as const)('a build stream that ends with 200 and no image (%s)', async (framing) => {
  const { project, args, env, answer } = given();
  answer(jsonLines([...before, { stream: 'half of the output\n' }]), { framing });
  const { result } = await runCase(
    project,
    args,
    { status: 3, code: 'DAEMON_PROTOCOL', says: ['ended without a result'] },
    { env },
  );
  expect(result).toMatchObject({ status: 'failed', error: { retryable: true } });
  expect(result.image).toBeUndefined();
});
