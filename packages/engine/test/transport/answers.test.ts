import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type FakeEngine, startFakeEngine } from '@dock/testing';
import { errorOf, portTo } from '../engine-fixture.js';

let engine: FakeEngine;
beforeEach(async () => {
  engine = await startFakeEngine();
});
afterEach(() => engine.stop());

const answers = (path: string, body: string) =>
  engine.on('GET', path, { headers: { 'Content-Type': 'application/json' }, body });

test('a history of null is an empty one, and null in a row is what an engine leaves out', async () => {
  answers('/images/{name}/history', 'null');
  const port = await portTo(engine.socketPath);
  expect(await port.imageHistory('app:1')).toEqual([]);
  answers('/images/{name}/history', '[{"CreatedBy":null,"Created":null,"Size":null,"Comment":null}]');
  expect(await port.imageHistory('app:1')).toEqual([{ createdBy: '', size: 0, comment: '' }]);
});

test('an image whose members are all null is read as one that says nothing', async () => {
  const members = ['RepoTags', 'RepoDigests', 'Created', 'Architecture', 'Os', 'Size', 'RootFS', 'Config'];
  answers(
    '/images/{name}/json',
    JSON.stringify({ Id: 'sha256:1', ...Object.fromEntries(members.map((name) => [name, null])) }),
  );
  expect(await (await portTo(engine.socketPath)).inspectImage('app:1')).toMatchObject({
    id: 'sha256:1',
    tags: [],
    digests: [],
    platform: 'linux/unknown',
    layers: [],
    labels: {},
    env: [],
  });
});

test('what was pulled by digest is no tag', async () => {
  answers('/images/{name}/json', '{"Id":"sha256:1","RepoTags":["app:1","<none>:<none>","host/app@sha256:2"]}');
  expect((await (await portTo(engine.socketPath)).inspectImage('app:1'))?.tags).toEqual(['app:1']);
});

test.each(['null', '5', '"text"', '[]', '<html>gone</html>'])(
  'an image that is %s is no sense, and nobody else’s fault',
  async (body) => {
    answers('/images/{name}/json', body);
    const error = await errorOf((await portTo(engine.socketPath)).inspectImage('app:1'));
    expect(error).toMatchObject({ code: 'DAEMON_PROTOCOL', exitStatus: 3 });
  },
);

test.each(['5', '{}', '[5]', '[[]]'])('a history that is %s is no sense either', async (body) => {
  answers('/images/{name}/history', body);
  expect((await errorOf((await portTo(engine.socketPath)).imageHistory('app:1'))).code).toBe('DAEMON_PROTOCOL');
});
