import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as after } from 'node:timers/promises';
import { spawnGit } from '../../src/source/spawn-git.js';
import { fakeGitIn, place, processesOf, type Place } from './git-fixture.js';

let here: Place;
beforeEach(() => {
  here = place();
});
afterEach(async () => {
  if (existsSync(here.path('holder'))) process.kill(Number(readFileSync(here.path('holder'), 'utf8')), 'SIGKILL');
  await until(() => processesOf(here.directory).length === 0);
  here.remove();
});

async function until(isReached: () => boolean): Promise<void> {
  for (let tries = 0; tries < 100 && !isReached(); tries += 1) await after(50);
}

/** A process in a session of its own, out of reach of signals to git, that holds what git has open for a minute. */
const holder = `setsid sh -c 'echo $$ > holder.new; mv holder.new holder; exec sleep 60' &
while [ ! -e holder ]; do sleep 0.05; done`;

/** Runs a script as git, and tells whether it ended long before what holds its output. */
async function run(script: string, signal: AbortSignal = new AbortController().signal) {
  const begun = performance.now();
  const outcome = await spawnGit(['x'], { cwd: here.directory, env: fakeGitIn(here, script), signal });
  return { ...outcome, isSoon: performance.now() - begun < 30_000 };
}

describe('a process that outlives git and holds its output', () => {
  test('does not keep the outcome back', async () => {
    const script = `${holder}\nprintf "%0100000d" 0\necho why >&2\nexit 3`;
    const { stdout, ...rest } = await run(script);
    expect(rest).toEqual({ status: 3, stderr: 'why\n', isCut: false, isSoon: true });
    expect(stdout).toBe('0'.repeat(100_000));
  });

  test.each([
    ['that listens', '', 143],
    ['that does not', "trap '' TERM", 137],
  ])('does not keep back the end of a git %s when the signal ends it', async (_, trap, status) => {
    const cancel = new AbortController();
    const outcome = run(`${trap}\n${holder}\nwhile :; do sleep 0.1; done`, cancel.signal);
    await until(() => existsSync(here.path('holder')));
    cancel.abort();
    expect(await outcome).toMatchObject({ status, isSoon: true });
  });

  test('ends with git when it is in its group, even where it does not listen', async () => {
    const cancel = new AbortController();
    const deaf = `sh -c 'trap "" TERM; : > deaf; while :; do sleep 0.1; done' &`;
    const outcome = run(`${deaf}\nwait`, cancel.signal);
    await until(() => existsSync(here.path('deaf')));
    cancel.abort();
    expect(await outcome).toMatchObject({ status: 143, isSoon: true });
    await until(() => processesOf(here.directory).length === 0);
    expect(processesOf(here.directory)).toEqual([]);
  });
});
