import { expect, test } from '@jest/globals';
import { runCase } from './dock-case.js';
import { imageOf } from './image-of.js';
import { withPush } from './push-case.js';
import { holdToPage } from './held-to-page.js';

holdToPage(15);

const given = withPush('15', 'retries: 3');

test('a registry that answers 500 for ever', async () => {
  const { rig, project, proxy, name, args } = given();
  proxy.addRule({ method: 'PUT', path: /\/manifests\//, status: 500 });
  const began = performance.now();
  const { result } = await runCase(
    project,
    args,
    { status: 3, code: 'REGISTRY_ERROR', says: [proxy.host, '500', /\(\d+ attempts\)/, `--tag ${name}`] },
    { engine: rig.engine },
  );
  // The bound of the case itself.
  expect(performance.now() - began).toBeLessThan(75_000);
  const id = result.image?.id ?? '';
  expect(result.error?.hint).toContain(`The image is built locally as ${id}; run "dock push ${id}`);
  expect(await imageOf(rig.engine, name)).toBe(id);
  expect(result).toMatchObject({ publishedState: 'none', error: { retryable: true } });
});
