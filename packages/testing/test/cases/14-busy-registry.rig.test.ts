import { expect, test } from '@jest/globals';
import { runCase } from './dock-case.js';
import { digestOf } from './image-of.js';
import { withPush } from './push-case.js';
import { holdToPage } from './held-to-page.js';

holdToPage(14);

const given = withPush('14');

test('a registry that is busy twice for the manifest gets it at the third attempt', async () => {
  const { rig, project, proxy, name, args } = given();
  proxy.addRule({ method: 'PUT', path: /\/manifests\//, times: 2, status: 429, headers: { 'Retry-After': '1' } });
  const { result, stderr } = await runCase(project, args, { status: 0 }, { engine: rig.engine });
  const digest = await digestOf(name);
  expect(result.published).toEqual([expect.objectContaining({ name, digest, attempts: 3, isVerified: true })]);
  expect(result.warnings.map(({ message }) => message).join('\n')).toMatch(/at attempt 3/);
  expect(stderr).toMatch(/WARNING: .*at attempt 3/);
});
