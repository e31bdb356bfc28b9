import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createProject, openRig, outputOf, type Project, type Rig, runCase } from './dock-case.js';

let rig: Rig;
let project: Project;
beforeAll(async () => {
  rig = await openRig('31');
});
beforeEach(() => {
  project = createProject({ 'context/Dockerfile': `FROM ${rig.base}\nCOPY . /context/\n` });
});
afterEach(() => project.remove());

const inContext = (name: string) => join(project.directory, 'context', name);

test.each([
  ['a FIFO', (): void => void execFileSync('mkfifo', [inContext('odd\nname')]), ['a FIFO', String.raw`odd\nname`]],
  [
    'a device',
    (): void => void execFileSync('mknod', [inContext('null'), 'c', '1', '3']),
    ['a character device', '"null"'],
  ],
  [
    'a socket',
    async (): Promise<void> => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(inContext('socket'), resolve));
      server.unref();
    },
    ['a socket', '"socket"'],
  ],
] as const)('%s in the context is named, and hidden by .dockerignore it does no harm', async (_, make, says) => {
  await make();
  await runCase(project, ['build', 'context'], { status: 2, code: 'CONTEXT_ERROR', says }, { engine: rig.engine });
  project.write({ 'context/.dockerignore': '*\n!Dockerfile\n' });
  await runCase(project, ['build', 'context'], { status: 0 }, { engine: rig.engine });
});

test.each(['classic', 'buildkit'])('strange names and links arrive in a %s build as they are', async (builder) => {
  const deep = Array.from({ length: 3 }, (_, index) => String(index).repeat(100)).join('/');
  mkdirSync(inContext(deep), { recursive: true });
  writeFileSync(inContext(`${deep}/file`), 'deep');
  writeFileSync(inContext('new\nline'), 'x');
  writeFileSync(inContext('é😀'), 'y');
  symlinkSync('nowhere', inContext('dangling'));
  project.write({
    'context/Dockerfile': `FROM ${rig.base}\nCOPY . /context/\nRUN cd /context && cat ${deep}/file && cat "$(printf 'new\\nline')" && cat é😀 && readlink dangling\n`,
  });
  const { result } = await runCase(
    project,
    ['build', 'context', '--builder', builder, '--network', 'host', '--no-cache'],
    { status: 0 },
    { engine: rig.engine },
  );
  expect(outputOf(result)).toContain('deepxynowhere');
});

test('a file that shrinks while it is sent ends the build and leaves no file open', async () => {
  writeFileSync(inContext('shrinking'), Buffer.alloc(64 * 1024 * 1024));
  // Truncated over and over, so that dock meets it in the middle at some point.
  const child = spawn('sh', ['-c', 'while :; do truncate -s 64M shrinking; truncate -s 1M shrinking; done'], {
    cwd: inContext('.'),
    stdio: 'ignore',
  });
  const run = await project.run(['build', 'context', '--builder', 'classic', '--json'], {
    env: { DOCKER_HOST: rig.engine.host },
  });
  child.kill('SIGKILL');
  const result = JSON.parse(run.stdout) as { status: string; error?: { code: string; message: string } };
  // Either the file was the same at both looks, or the run says which file changed; never anything else.
  const { code, message } = result.error ?? { code: 'none', message: '"shrinking"' };
  expect(['none', 'CONTEXT_ERROR']).toContain(code);
  expect(message).toContain('"shrinking"');
  expect([0, 2]).toContain(run.status);
  expect(openFiles(inContext('.'))).toEqual([]);
});

/** Files of a directory that this process holds open; dock's own process is gone. */
function openFiles(directory: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const file = readlinkSync(`/proc/self/fd/${fd}`);
      return file.startsWith(directory) ? [file] : [];
    } catch {
      return [];
    }
  });
}
