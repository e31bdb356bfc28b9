import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { engineKinds, baseImage, engineRequest, sharedEngine, type SharedRigEngine } from '@dock/testing';
import { createContextTar } from '../../src/context/context-tar.js';

let contextDir = '';
beforeEach(() => {
  contextDir = realpathSync(mkdtempSync(join(tmpdir(), 'dock-context-rig-')));
});
afterEach(() => rmSync(contextDir, { recursive: true, force: true }));

const dockerfile = 'FROM busybox:1\nCOPY . /x\nRUN cd /x && find . | sort\n';

/** What `find` says of the context inside a classic build. */
async function contextInside(engine: SharedRigEngine, dockerfileText: string): Promise<string[]> {
  const tar = await createContextTar({ contextDir, dockerfilePath: join(contextDir, 'Dockerfile'), dockerfileText });
  const chunks: Buffer[] = [];
  for await (const chunk of tar.stream) chunks.push(chunk as Buffer);
  const query = new URLSearchParams({
    dockerfile: tar.dockerfileName,
    networkmode: 'host',
    rm: '1',
    forcerm: '1',
    nocache: '1',
  });
  const answer = await engineRequest(engine.socketPath, 'POST', `/build?${query.toString()}`, Buffer.concat(chunks));
  const lines = answer.text
    .split('\r\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { stream?: string; error?: string; aux?: { ID: string } });
  expect(lines.find((line) => line.error !== undefined)?.error).toBeUndefined();
  const id = lines.find((line) => line.aux !== undefined)?.aux?.ID ?? '';
  expect(id).toMatch(/^sha256:/);
  expect((await engineRequest(engine.socketPath, 'DELETE', `/images/${id}`)).status).toBe(200);
  const output = lines.map((line) => line.stream ?? '').join('');
  return output
    .split('\n')
    .filter((line) => /^\.(\/|$)/.test(line))
    .map((line) => line.slice(2))
    .filter((line) => line !== '');
}

describe.each(engineKinds().map(({ version, store }) => [version, store] as const))(
  'the context tar on Engine %s with the %s store',
  (version, store) => {
    let engine: SharedRigEngine;
    beforeEach(async () => {
      engine = await sharedEngine({ version, store });
      await baseImage(engine);
      writeFileSync(join(contextDir, 'Dockerfile'), dockerfile);
      mkdirSync(join(contextDir, 'dir'));
      writeFileSync(join(contextDir, 'dir/file'), 'x');
      writeFileSync(join(contextDir, 'ünïcödé'), 'x');
      writeFileSync(join(contextDir, 'long-'.repeat(40)), 'x');
      writeFileSync(join(contextDir, 'secret'), 'x');
      symlinkSync('nowhere', join(contextDir, 'dangling'));
    });

    const common = ['dangling', 'dir', 'dir/file', 'long-'.repeat(40), 'ünïcödé'];

    test('a .dockerignore hides what it names, the Dockerfile too', async () => {
      writeFileSync(join(contextDir, '.dockerignore'), 'secret\nDockerfile\n');
      expect(await contextInside(engine, dockerfile)).toEqual(['.dockerignore', ...common]);
    });

    test('a Dockerfile that is not hidden is copied as the user wrote it, whatever was built', async () => {
      expect(await contextInside(engine, `# pinned\n${dockerfile}`)).toEqual([
        'Dockerfile',
        'dangling',
        'dir',
        'dir/file',
        'long-'.repeat(40),
        'secret',
        'ünïcödé',
      ]);
    });

    test('the ignore file of the Dockerfile wins', async () => {
      writeFileSync(join(contextDir, '.dockerignore'), 'dir\n');
      writeFileSync(join(contextDir, 'Dockerfile.dockerignore'), 'secret\n.dockerignore\nDockerfile*\n');
      expect(await contextInside(engine, dockerfile)).toEqual(common);
    });
  },
);
