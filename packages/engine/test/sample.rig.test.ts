import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { isDockError } from '@dock/core';
import { baseImage, startEngine } from '@dock/testing';
import { portTo } from './engine-fixture.js';
import { configuring } from './sample/configuring.js';
import { copying } from './sample/copying.js';
import { refusing } from './sample/refusing.js';
import { buildShape, type Outcome } from './shapes/build-shape.js';

// Forty cases like those of other projects' suites, built by dock and by the engine's own client: the images are the same, or both refuse for one reason.
const engines = [
  { version: '20.10', builder: 'classic' },
  { version: '26', builder: 'buildkit' },
] as const;
const sample = [...configuring, ...copying, ...refusing];
/** How many cases of one engine are built side by side. */
const lanes = 2;
const directory = realpathSync(mkdtempSync(join(tmpdir(), 'dock-sample-')));
const ends: (() => Promise<void>)[] = [];
const outcomes = new Map<string, Promise<Outcome>>();

// Engines of this suite's own: docker's classic builder fails when an image on the same base is removed while it looks through its cache.
beforeAll(async () => {
  for (const { version, builder } of engines) {
    const engine = await startEngine({ version });
    const port = await portTo(engine.socketPath);
    ends.push(async () => {
      await port.close();
      await engine.stop();
    });
    const contexts = join(directory, version);
    mkdirSync(contexts);
    await baseImage(engine);
    const turns: Promise<unknown>[] = Array.from({ length: lanes }, () => Promise.resolve());
    for (const [index, each] of sample.entries()) {
      const outcome = (turns[index % lanes] ?? Promise.resolve()).then(() =>
        buildShape(each, builder, { engine, port, directory: contexts }),
      );
      turns[index % lanes] = outcome.catch(() => undefined);
      outcomes.set(`${version} ${each.name}`, outcome);
    }
  }
}, 120_000);
afterAll(async () => {
  await Promise.allSettled(outcomes.values());
  for (const end of ends) await end();
  rmSync(directory, { recursive: true });
}, 240_000);

test('there are forty cases', () => {
  expect(sample).toHaveLength(40);
});

test.each(
  engines.flatMap(({ version, builder }) => sample.map((each) => ({ version, builder, each, name: each.name }))),
)(
  'Engine $version, $builder, $name: what docker makes of it',
  async ({ version, builder, each }) => {
    const outcome = await outcomes.get(`${version} ${each.name}`);
    if (outcome === undefined) throw new Error(`"${each.name}" was not built`);
    const { dock, docker, dockerOutput } = outcome;
    const reason = each.refused?.[builder];
    if (reason !== undefined) {
      expect(isDockError(dock) ? `${dock.message} ${dock.hint}` : 'built').toMatch(reason);
      expect(docker === undefined ? dockerOutput : 'built').toMatch(reason);
      return;
    }
    if (isDockError(dock)) throw dock;
    if (docker === undefined) throw new Error(dockerOutput);
    const { id: _dock, ...made } = dock;
    const { id: _docker, ...wanted } = docker;
    expect(made).toEqual(wanted);
  },
  240_000,
);
