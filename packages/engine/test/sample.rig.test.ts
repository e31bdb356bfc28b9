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

const cases = engines.flatMap(({ version, builder }) =>
  sample.map((each) => ({ version, builder, name: each.name, reason: each.refused?.[builder] })),
);

async function outcomeOf({ version, name }: { readonly version: string; readonly name: string }): Promise<Outcome> {
  const outcome = await outcomes.get(`${version} ${name}`);
  if (outcome === undefined) throw new Error(`"${name}" was not built`);
  return outcome;
}

test.each(cases.filter(({ reason }) => reason === undefined))(
  'Engine $version, $builder, $name: the image is what docker makes of it',
  async (each) => {
    const { dock, docker, dockerOutput } = await outcomeOf(each);
    if (isDockError(dock)) throw dock;
    if (docker === undefined) throw new Error(dockerOutput);
    const { id: _dock, ...made } = dock;
    const { id: _docker, ...wanted } = docker;
    expect(made).toEqual(wanted);
  },
  240_000,
);

test.each(cases.flatMap(({ reason, ...rest }) => (reason === undefined ? [] : [{ reason, ...rest }])))(
  'Engine $version, $builder, $name: both refuse it',
  async ({ reason, ...each }) => {
    const { dock, docker, dockerOutput } = await outcomeOf(each);
    expect(isDockError(dock) ? `${dock.message} ${dock.hint}` : 'built').toMatch(reason);
    expect(docker === undefined ? dockerOutput : 'built').toMatch(reason);
  },
  240_000,
);
