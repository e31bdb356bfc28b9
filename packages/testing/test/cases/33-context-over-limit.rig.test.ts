import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { BuildResult } from '@dock/core';
import { outcomeOf } from '../../../cli/test/run-dock.js';
import { withFakeBuild } from './fake-build.js';
import { sharedEngine, startFaultProxy } from '@dock/testing';
import { memoryBound, watchMemory } from './memory-of.js';
import { holdToPage, sawOutcome } from './held-to-page.js';

holdToPage(33);

const given = withFakeBuild();

test.each(['classic', 'buildkit'])(
  'a context of 20 GiB is refused before a byte of it is sent (%s)',
  async (builder) => {
    const { project, fake, env } = given();
    project.write({ 'context/Dockerfile': 'FROM scratch\nCOPY . /all/\n' });
    for (let index = 0; index < 20; index += 1) {
      const file = join(project.directory, 'context', `file-${index}`);
      writeFileSync(file, '');
      truncateSync(file, 1024 ** 3 - index);
    }
    // BuildKit asks for the context itself: only a real one does.
    const cable = await startFaultProxy({ target: builder === 'classic' ? fake : await sharedEngine() });
    const host = { ...env, DOCKER_HOST: cable.url };
    const child = project.start(['build', '--builder', builder, '--json'], { env: host });
    const memory = watchMemory(child);
    const { status, stdout } = await outcomeOf(child);
    const { error } = JSON.parse(stdout) as BuildResult;
    sawOutcome(status, error?.code);
    expect([status, error?.code]).toEqual([2, 'CONTEXT_TOO_LARGE']);
    // The ten largest, and no more.
    expect(error?.message.match(/"file-\d+"/g)).toEqual(Array.from({ length: 10 }, (_, index) => `"file-${index}"`));
    expect(error?.message).toMatch(/\d{11} bytes; the limit is \d+/);
    expect(error?.hint).toContain('.dockerignore');
    expect(memory.peak()).toBeLessThan(memoryBound);
    const sent = cable.connections.reduce((sum, { bytesToTarget }) => sum + bytesToTarget, 0);
    await cable.stop();
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(1024 * 1024);
  },
);
