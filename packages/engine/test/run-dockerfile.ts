import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BuildRequest, type BuildResult, createRunId, type DockPlugin, type EnginePort, here } from '@dock/core';

/** Run a whole pipeline on a Dockerfile, in a directory of its own that is gone afterwards. */
export async function runDockerfile(
  dockerfile: string,
  plugins: readonly DockPlugin[],
  connect: () => Promise<EnginePort>,
  request: Partial<BuildRequest> = {},
): Promise<BuildResult> {
  const directory = await mkdtemp(join(tmpdir(), 'dock-plugin-'));
  try {
    await writeFile(join(directory, 'Dockerfile'), dockerfile);
    return await here().run(
      { request: { source: { kind: 'path', path: directory }, network: 'host', ...request }, plugins },
      {
        runId: createRunId(),
        cwd: directory,
        env: { PATH: process.env['PATH'] },
        connectEngine: connect,
        tempDir: join(directory, 'temp'),
      },
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
