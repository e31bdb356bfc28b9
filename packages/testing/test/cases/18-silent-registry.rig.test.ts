import { expect, test } from '@jest/globals';
import { runCase } from './dock-case.js';
import { imageOf } from './image-of.js';
import { withPush } from './push-case.js';
import { holdToPage } from './held-to-page.js';

holdToPage(18);

const given = withPush('18', 'idleTimeoutMs: 1500, retries: 0');

test('a registry that takes a layer and never answers', async () => {
  const { rig, project, proxy, name, args } = given();
  project.write({ 'context/Dockerfile': `FROM ${rig.base}\nRUN echo ${rig.unique} > /layer\n` });
  proxy.addRule({ method: 'PATCH', stall: true });
  const { result } = await runCase(
    project,
    [...args, '--network', 'host'],
    { status: 124, code: 'PUSH_TIMEOUT', says: [/layer "[0-9a-f]{12}"/, '1.5 s', name] },
    { engine: rig.engine },
  );
  expect(await imageOf(rig.engine, name)).toBe(result.image?.id);
});
