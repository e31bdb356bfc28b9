import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { BuildResult } from '@dock/core';
import { outcomeOf } from '../../../cli/test/run-dock.js';
import { withFakeBuild } from './fake-build.js';
import { sharedEngine } from '@dock/testing';
import { memoryBound, watchMemory } from './memory-of.js';

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
    const host = builder === 'classic' ? env : { DOCKER_HOST: (await sharedEngine()).host };
    const child = project.start(['build', '--builder', builder, '--json'], { env: host });
    const memory = watchMemory(child);
    const { status, stdout } = await outcomeOf(child);
    memory.stop();
    const { error } = JSON.parse(stdout) as BuildResult;
    expect([status, error?.code]).toEqual([2, 'CONTEXT_TOO_LARGE']);
    // The ten largest, and no more.
    expect(error?.message.match(/"file-\d+"/g)).toEqual(Array.from({ length: 10 }, (_, index) => `"file-${index}"`));
    expect(error?.message).toMatch(/\d{11} bytes; the limit is \d+/);
    expect(error?.hint).toContain('.dockerignore');
    expect(memory.peak()).toBeLessThan(memoryBound);
    const sent = fake.requests.filter(({ path }) => path.endsWith('/build')).map(({ bodyBytes }) => bodyBytes);
    expect(Math.max(0, ...sent)).toBeLessThan(1024 * 1024);
  },
);
