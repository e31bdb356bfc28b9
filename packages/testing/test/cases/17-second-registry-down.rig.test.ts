import { expect, test } from '@jest/globals';
import { runCase } from './dock-case.js';
import { digestOf } from './image-of.js';
import { withPush } from './push-case.js';
import { holdToPage } from './held-to-page.js';

holdToPage(17);

const given = withPush('17', 'retries: 1');

test('of two registries the second is down', async () => {
  const { rig, project, proxy, name, args } = given();
  const first = `${rig.registry}/${rig.unique}/first:1`;
  // It answers the check before the build and no push.
  proxy.addRule({ method: 'PUT', path: /\/manifests\//, status: 503 });
  const { result, stderr } = await runCase(
    project,
    [...args, '--tag', first],
    { status: 3, code: 'PUSH_PARTIAL', says: [`"${first}" is published`, `"${name}" is not`] },
    { engine: rig.engine },
  );
  const digest = await digestOf(first);
  expect(result.publishedState).toBe('partial');
  expect(result.published).toEqual([expect.objectContaining({ name: first, digest })]);
  expect(result.unpublished).toEqual([
    expect.objectContaining({ name, error: expect.objectContaining({ code: 'REGISTRY_ERROR' }) }),
  ]);
  expect(stderr).toContain(`published: ${first}@${digest}`);
  expect(stderr).toContain(`not published: ${name}`);
});
