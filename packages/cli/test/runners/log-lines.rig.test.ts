import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { BuildResult, DockEvent } from '@dock/core';
import { wholeStepLogs } from '@dock/core/internal';
import {
  baseImage,
  buildImage,
  type BuildImageOptions,
  engineKinds,
  type RigEngine,
  sharedEngine,
  type SharedRigEngine,
  sharedRegistry,
  startEngine,
} from '@dock/testing';
import { memoryBound, watchMemory } from '../../../testing/test/cases/memory-of.js';
import { createProject, outcomeOf, type Project } from '../run-dock.js';
import { withoutBridge } from './container-runners.js';

// Loading a build image and starting a build container take long on a busy machine.
jest.setTimeout(600_000);

const unique = `lines-${process.pid}-${Date.now().toString(36)}`;
const count = 100_000;
let base: string;
let project: Project;

beforeAll(async () => {
  const registry = await sharedRegistry();
  base = (await baseImage(registry, { name: `${unique}:1`, files: { '/etc/lines': unique } })).reference;
});
beforeEach(() => {
  project = createProject();
});
afterEach(() => project.remove());

/** The classic builder sends text, and itself writes U+FFFD for a character that falls between two of its messages. */
function isTorn(line: string, right: string): boolean {
  const inAscii = (text: string) => text.replaceAll(/[^ -~]+/g, '·');
  return line.includes('\uFFFD') && inAscii(line) === inAscii(right);
}

/** Build on an engine, and look at every line that the step printed. The shell writes blocks, whose ends fall into characters. */
async function printLines({ host }: SharedRigEngine, builder: string, runner = '', imports = '') {
  project.write({
    'context/Dockerfile': `FROM ${base}\nRUN seq ${count} | sed 's/.*/Zeile & – größer ✓🚢/'\n`,
    'dock.config.ts': `
      ${imports}
      export default { source: 'context', builder: '${builder}', network: 'host', noCache: true, image: '${unique}:2', ${runner} };`,
  });
  const child = project.start(['build', '--json', '--progress', 'none'], { env: { DOCKER_HOST: host } });
  const memory = watchMemory(child);
  const { status, stdout, stderr } = await outcomeOf(child);
  expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
  const { logFile = '', warnings } = JSON.parse(stdout) as BuildResult;
  const events = readFileSync(logFile, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as DockEvent);
  const printed = events.flatMap((event) => (event.type === 'step.log' ? [event.text] : [])).join('');
  const lines = printed.split('\n').filter((line) => line.startsWith('Zeile '));
  const isWrong = (line: string, index: number) => {
    const right = `Zeile ${index + 1} – größer ✓🚢`;
    return line !== right && !(builder === 'classic' && isTorn(line, right));
  };
  return {
    warnings,
    count: lines.length,
    firstWrong: lines.find(isWrong),
    isFlat: memory.peak() < memoryBound,
  };
}

/** What is there is right and in order, and the rest is warned of; the last line may be cut in the middle. */
const cutWithAWord = {
  warnings: [expect.objectContaining({ message: expect.stringMatching(/left out output of .*its log limit of/) })],
  count: expect.any(Number),
  firstWrong: expect.stringMatching(/^Zeile \d+[^\n]{0,12}$/),
  isFlat: true,
};
const complete = { warnings: [], count, firstWrong: undefined, isFlat: true };

describe.each(engineKinds())(
  '100,000 lines of a step, on Engine $version with the $store store',
  ({ version, store, builders }) => {
    const hasLimits = version === '20.10';
    let engine: RigEngine;
    beforeAll(async () => {
      engine = await startEngine({ version, store, env: hasLimits ? {} : wholeStepLogs });
    });
    afterAll(() => engine.stop());

    test.each(builders)('arrive complete and in order from %s, or it is said what does not', async (builder) => {
      const printed = await printLines(engine, builder);
      expect(printed).toEqual(builder === 'buildkit' && hasLimits ? cutWithAWord : complete);
      expect(printed.count).toBeGreaterThan(1000);
    });
  },
);

test('100,000 lines of a step arrive complete and in order out of a privileged container', async () => {
  expect(await printInside(true)).toEqual(complete);
});

test('an Engine 20.10 in a privileged container keeps its limits of a log, and dock says what it left out', async () => {
  const printed = await printInside('20.10');
  expect(printed).toEqual(cutWithAWord);
  expect(printed.count).toBeGreaterThan(1000);
});

async function printInside(engine: NonNullable<BuildImageOptions['engine']>) {
  const outside = await sharedEngine({ version: '26' });
  const { reference } = await buildImage(outside, { engine });
  const runner = `runner: privileged({ buildImage: '${reference}', network: 'host', engineArgs: ${JSON.stringify(withoutBridge)} })`;
  return printLines(outside, 'buildkit', runner, "import { privileged } from '@dock/runner-privileged';");
}
