import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { BuildResult } from '@dock/core';
import { type DockRun, outcomeOf } from '../../../cli/test/run-dock.js';
import { createProject, eventsOf, openRig, type Project, type Rig } from './dock-case.js';
import { memoryBound, watchMemory } from './memory-of.js';
import { holdToPage, sawOutcome } from './held-to-page.js';

holdToPage(34);

// The full sizes, 2 GB and one line of 500 MB, are in `npm run limits`.
const megabytes = 24;
const line = 'abcdefghijklmnopqrstuvwxyz';
let rig: Rig;
let project: Project;
beforeAll(async () => {
  rig = await openRig('34');
});
beforeEach(() => {
  project = createProject();
});
afterEach(() => project.remove());

const start = (run: string, builder: string, env: Readonly<Record<string, string>> = {}) => {
  project.write({ 'context/Dockerfile': `FROM ${rig.base}\nRUN ${run}\n` });
  const args = ['build', 'context', '--builder', builder, '--network', 'host', '--no-cache', '--json'];
  return project.start(args, { env: { DOCKER_HOST: rig.engine.host, ...env } });
};

const resultOf = ({ status, stdout, stderr }: DockRun): BuildResult => {
  sawOutcome(status);
  expect([status, status === 0 ? '' : stderr.slice(-2000)]).toEqual([0, '']);
  return JSON.parse(stdout) as BuildResult;
};

const printed = (result: BuildResult) =>
  eventsOf(result).reduce((sum, event) => sum + (event.type === 'step.log' ? event.text.length : 0), 0);

test.each([
  ['lines', `yes ${line} | head -c ${megabytes}000000`],
  ['one line', `yes ${line} | tr -d '\\n' | head -c ${megabytes}000000`],
])(`a RUN that prints ${megabytes} MB of %s needs little memory, and nothing is lost`, async (_, run) => {
  const child = start(run, 'classic');
  const memory = watchMemory(child);
  const outcome = await outcomeOf(child);
  expect(memory.peak()).toBeLessThan(memoryBound);
  expect(printed(resultOf(outcome))).toBeGreaterThanOrEqual(megabytes * 1e6);
  expect(outcome.stderr.split(line).length - 1).toBeGreaterThanOrEqual((megabytes * 1e6) / (line.length + 1) - 1);
});

test('a reader that does not read holds the build back, and gets everything once it does', async () => {
  const child = start(`yes ${line} | head -c ${megabytes}000000`, 'classic');
  const memory = watchMemory(child);
  const runs = join(project.home, '.local/state/dock/runs');
  await untilStill(runs);
  const outcome = await outcomeOf(child);
  expect(memory.peak()).toBeLessThan(memoryBound);
  expect(printed(resultOf(outcome))).toBe(megabytes * 1e6);
  expect(outcome.stderr.split(line).length - 1).toBeGreaterThanOrEqual(
    Math.floor((megabytes * 1e6) / (line.length + 1)),
  );
});

test('what BuildKit leaves out is said, with the step and the limit', async () => {
  const outcome = await outcomeOf(start(`yes ${line} | head -c 5000000`, 'buildkit'));
  const { warnings } = resultOf(outcome);
  expect(warnings).toContainEqual(
    expect.objectContaining({
      message: expect.stringMatching(
        /left out output of "\[2\/2\] RUN yes .*its log limit of \d+[KM]iB(\/s)? is reached/,
      ),
      hint: expect.stringContaining('BUILDKIT_STEP_LOG_MAX_SIZE'),
    }),
  );
  expect(outcome.stderr).toContain('WARNING: the engine left out output');
});

test.each(['classic', 'buildkit'])(
  'nothing that a %s build prints controls a terminal or a CI system',
  async (builder) => {
    const bytes = String.raw`\033]0;title\007\033[31mred\033[2J\n::set-output name=x::y\n##vso[task.setvariable]z\n\342\200\256evil\n`;
    const outcome = await outcomeOf(start(`printf '${bytes}'`, builder, { GITHUB_ACTIONS: 'true' }));
    const result = resultOf(outcome);
    expect(outcome.stderr).toContain('red');
    // oxlint-disable-next-line no-control-regex -- the absence of controls is what is tested
    expect(outcome.stderr).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e]/);
    expect(outcome.stderr).not.toMatch(/^\s*::|##vso\[/m);
    // The log has what was printed, escaped.
    expect(eventsOf(result).some((event) => event.type === 'step.log' && event.text.includes('\u001b]0;title'))).toBe(
      true,
    );
  },
);

/** Until a run's log exists and has not grown for a second: somebody holds the build back. */
async function untilStill(runs: string): Promise<void> {
  let size = -1;
  for (let same = 0; same < 10; ) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const now = sizeOfLog(runs);
    same = now === size && now > 100_000 ? same + 1 : 0;
    size = now;
  }
}

function sizeOfLog(runs: string): number {
  try {
    return statSync(join(runs, readdirSync(runs)[0] ?? '', 'events.ndjson')).size;
  } catch {
    return 0;
  }
}
