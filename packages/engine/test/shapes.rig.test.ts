import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { isDockError } from '@dock/core';
import { baseImage, startEngine } from '@dock/testing';
import { portTo } from './engine-fixture.js';
import { buildShape, type Outcome, type Workshop } from './shapes/build-shape.js';
import { heldBy, type ImageState, promisedBy } from './shapes/image-state.js';
import { expectedError, readShapes } from './shapes/shape.js';

/** The engines, with the version of the Dockerfile frontend that they have built in. */
const engines = [
  { version: '20.10', store: 'classic', frontend: '1.2' },
  { version: '26', store: 'classic', frontend: '1.7' },
  { version: '26', store: 'containerd', frontend: '1.7' },
] as const;
const builders = ['buildkit', 'classic'] as const;
const shapes = readShapes();
const directory = realpathSync(mkdtempSync(join(tmpdir(), 'dock-shapes-')));
const workshops: (Workshop & { readonly close: () => Promise<void> })[] = [];
/** All builds are begun at once and wait for their turn, so that three engines work at the same time. */
const outcomes = new Map<string, Promise<Outcome>>();

/** Gives out turns: one at a time, in order. */
function turns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
}

// Engines of this suite's own: docker's classic builder fails when an image on the same base is removed while it looks through its cache.
beforeAll(async () => {
  for (const { version, store } of engines) {
    const engine = await startEngine({ version, store });
    const port = await portTo(engine.socketPath);
    const close = async () => {
      await port.close();
      await engine.stop();
    };
    const workshop = { engine, port, directory: mkdtempSync(join(directory, `${version}-${store}-`)), close };
    workshops.push(workshop);
    await baseImage(engine);
    const inTurn = turns();
    for (const builder of builders) {
      for (const shape of shapes) {
        const outcome = inTurn(() => buildShape(shape, builder, workshop));
        // A test awaits each; until then a failure is not "unhandled".
        outcome.catch(() => undefined);
        outcomes.set(`${version} ${store} ${builder} ${shape.name}`, outcome);
      }
    }
  }
}, 120_000);
afterAll(async () => {
  await Promise.allSettled(outcomes.values());
  for (const { close } of workshops) await close();
  rmSync(directory, { recursive: true });
}, 240_000);

/** One build of a shape by dock and by docker. */
const cases = engines.flatMap((engine) =>
  builders.flatMap((builder) =>
    shapes.map((shape) => {
      const { version, store } = engine;
      const key = `${version} ${builder}`;
      return {
        name: `${version} ${store} ${builder} ${shape.name}`,
        shape,
        code: expectedError(shape, builder, engine),
        isHub: shape.needsHub === true && builder === 'buildkit',
        differs: shape.differs?.[builder] ?? shape.differs?.[key],
        dockerIsWrong: shape.dockerIsWrong?.[key],
      };
    }),
  ),
);
const building = cases.filter(({ code }) => code === undefined);
const failing = cases.flatMap(({ code, ...rest }) => (code === undefined || rest.isHub ? [] : [{ ...rest, code }]));

function outcomeOf(name: string): Promise<Outcome> {
  return outcomes.get(name) ?? Promise.reject(new Error(`"${name}" was not built`));
}

/** Both images. @throws what dock or docker said when either failed */
async function imagesOf(name: string): Promise<{ dock: ImageState; docker: ImageState }> {
  const { dock, docker, dockerOutput } = await outcomeOf(name);
  if (isDockError(dock)) throw dock;
  if (docker === undefined) throw new Error(dockerOutput);
  return { dock, docker };
}

test('there are at least thirty shapes', () => {
  expect(shapes.length).toBeGreaterThanOrEqual(30);
});

test.each(building.filter(({ differs }) => differs === undefined))(
  '$name: the image is what docker makes of it',
  async ({ name, shape }) => {
    const { dock, docker } = await imagesOf(name);
    expect(heldBy(shape, dock.tree)).toEqual(promisedBy(shape));
    expect(dock.config).toEqual(docker.config);
    expect(dock.tree).toEqual(docker.tree);
  },
  240_000,
);

test.each(building.filter(({ differs }) => differs !== undefined))(
  '$name: the image differs from docker: $differs',
  async ({ name, shape }) => {
    const { dock, docker } = await imagesOf(name);
    expect(heldBy(shape, dock.tree)).toEqual(promisedBy(shape));
    expect(dock.config).toEqual(docker.config);
    expect(heldBy(shape, docker.tree)).not.toEqual(promisedBy(shape));
  },
  240_000,
);

test.each(failing)(
  '$name: $code',
  async ({ name, code, dockerIsWrong }) => {
    const { dock, docker } = await outcomeOf(name);
    if (!isDockError(dock)) throw new Error('it was built');
    expect(`${dock.code}: ${dock.message}`).toMatch(new RegExp(`^${code}: `));
    expect(dock.hint).not.toBe('');
    expect(docker !== undefined).toBe(dockerIsWrong !== undefined);
  },
  240_000,
);

test.each(cases.filter(({ isHub }) => isHub))(
  '$name: builds where Docker Hub can be reached, else $code',
  async ({ name, code }) => {
    const { dock, docker } = await outcomeOf(name);
    expect(isDockError(dock) ? dock.code : 'built').toBe(docker === undefined ? code : 'built');
  },
  240_000,
);
