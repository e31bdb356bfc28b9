import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rigTool, type SharedRigEngine } from '@dock/testing';
import type { Shape } from './shape.js';

/** What the docker CLI made of a shape. */
export interface DockerResult {
  readonly isBuilt: boolean;
  readonly output: string;
}

/** Builds with the docker CLI of the engine's own release: `DOCKER_BUILDKIT` chooses the builder, on Engine 26 by buildx. A name, because the containerd store gives no other hold of the image. */
export async function dockerBuild(
  engine: SharedRigEngine,
  builder: 'buildkit' | 'classic',
  shape: Pick<Shape, 'buildArgs' | 'dockerfile' | 'labels' | 'network' | 'secrets' | 'target'>,
  contextDir: string,
  name: string,
): Promise<DockerResult> {
  const home = mkdtempSync(join(tmpdir(), 'dock-shapes-docker-'));
  try {
    if (engine.version === '26') {
      mkdirSync(join(home, 'cli-plugins'));
      symlinkSync(rigTool('docker-buildx', '26'), join(home, 'cli-plugins/docker-buildx'));
    }
    writeFileSync(join(home, 'config.json'), '{}');
    const options = [
      ...[
        '--network',
        shape.network ?? 'host',
        '--tag',
        name,
        '--file',
        join(contextDir, shape.dockerfile ?? 'Dockerfile'),
      ],
      ...Object.entries(shape.buildArgs ?? {}).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]),
      ...Object.entries(shape.labels ?? {}).flatMap(([key, value]) => ['--label', `${key}=${value}`]),
      ...Object.entries(shape.secrets ?? {}).flatMap(([id, file]) => [
        '--secret',
        `id=${id},src=${join(contextDir, file)}`,
      ]),
      ...(shape.target === undefined ? [] : ['--target', shape.target]),
    ];
    return await run(rigTool('docker', engine.version), ['build', ...options, contextDir], {
      PATH: process.env.PATH,
      HOME: home,
      DOCKER_CONFIG: home,
      DOCKER_HOST: engine.host,
      DOCKER_BUILDKIT: builder === 'buildkit' ? '1' : '0',
      BUILDKIT_PROGRESS: 'plain',
      BUILDX_NO_DEFAULT_ATTESTATIONS: '1',
    });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<DockerResult> {
  return new Promise((resolve) => {
    execFile(command, [...args], { env, timeout: 120_000 }, (error, stdout, stderr) =>
      resolve({ isBuilt: error === null, output: `${error?.message ?? ''}${stdout}${stderr}` }),
    );
  });
}
