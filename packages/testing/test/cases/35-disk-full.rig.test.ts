import { execFileSync } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { baseImage, engineRequest, type RigEngine, sharedGitServer, startEngine } from '@dock/testing';
import { createProject, type Project, runCase } from './dock-case.js';
import { holdToPage } from './held-to-page.js';

holdToPage(35);

let engine: RigEngine;
let project: Project;
beforeAll(async () => {
  engine = await startEngine({ dataRootBytes: 60 * 1024 * 1024 });
  await baseImage(engine);
}, 60_000);
beforeEach(() => {
  project = createProject({ 'bare.mjs': 'export default { plugins: [] };' });
});
afterEach(() => project.remove());
afterAll(() => engine.stop());

const build = ['build', 'context', '--config', 'bare.mjs', '--network', 'host', '--no-cache'];

/** The engine can still be used. */
async function buildsAgain(): Promise<void> {
  project.write({ 'again/Dockerfile': 'FROM busybox:1\nRUN true\n' });
  await runCase(project, ['build', 'again', '--config', 'bare.mjs', '--network', 'host'], { status: 0 }, { engine });
}

test.each(['classic', 'buildkit'])('a RUN that fills the disk of the engine (%s)', async (builder) => {
  project.write({ 'context/Dockerfile': 'FROM busybox:1\nRUN dd if=/dev/zero of=/big bs=1M count=200\n' });
  await runCase(
    project,
    [...build, '--builder', builder],
    {
      status: 1,
      code: 'BUILD_STEP_FAILED',
      says: ['RUN dd', 'The disk of the engine is full (DISK_FULL)', 'docker system df'],
    },
    { engine },
  );
  await buildsAgain();
});

test.each(['classic', 'buildkit'])('a context that the disk of the engine cannot hold (%s)', async (builder) => {
  project.write({ 'context/Dockerfile': 'FROM busybox:1\nCOPY big /\n' });
  writeFileSync(join(project.directory, 'context', 'big'), '');
  truncateSync(join(project.directory, 'context', 'big'), 90 * 1024 * 1024);
  await runCase(
    project,
    [...build, '--builder', builder],
    { status: 3, code: 'DISK_FULL', says: [/no space left on device/i, 'docker system df'] },
    { engine },
  );
  // BuildKit keeps what it got of the context, as cache for the next try, and with it the disk full: it answers, and that is all.
  if (builder === 'classic') await buildsAgain();
  expect((await engineRequest(engine.socketPath, 'GET', '/_ping')).status).toBe(200);
});

test('a checkout that our own temporary directory cannot hold', async () => {
  const small = join(project.home, 'small');
  mkdirSync(small);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', small]);
  try {
    const { url } = await (await sharedGitServer()).createRepository(`case35-${process.pid}`, {
      Dockerfile: 'FROM busybox:1\n',
      noise: { content: noise(4_000_000) },
    });
    const { result, stderr } = await runCase(
      project,
      ['build', url, '--config', 'bare.mjs'],
      { status: 3, code: 'DISK_FULL', says: [small, /free space/i] },
      { engine, env: { DOCK_TMPDIR: small } },
    );
    expect(result.source).toBeUndefined();
    // It is not the engine's disk.
    expect(stderr).not.toContain('docker system df');
    expect(execFileSync('find', [small, '-type', 'f']).toString()).toBe('');
  } finally {
    execFileSync('umount', [small]);
  }
});

/** Bytes that do not compress, the same each time. */
function noise(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}
