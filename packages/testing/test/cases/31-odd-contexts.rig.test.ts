import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { startFaultProxy } from '@dock/testing';
import { waitUntil } from '../../src/rig/wait-until.js';
import { createProject, openRig, outputOf, type Project, type Rig, runCase } from './dock-case.js';
import { holdToPage } from './held-to-page.js';

holdToPage(31);

const mebibyte = 1024 ** 2;

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

test('a device in the context is named, and hidden by .dockerignore it does no harm', async () => {
  execFileSync('mknod', [inContext('null'), 'c', '1', '3']);
  const says = ['a character device', '"null"'];
  await runCase(project, ['build', 'context'], { status: 2, code: 'CONTEXT_ERROR', says }, { engine: rig.engine });
  project.write({ 'context/.dockerignore': '*\n!Dockerfile\n' });
  await runCase(project, ['build', 'context'], { status: 0 }, { engine: rig.engine });
});

test.each(['classic', 'buildkit'])(
  'a FIFO and a socket in the context of a %s build are left out, and named',
  async (builder) => {
    execFileSync('mkfifo', [inContext('odd\nname')]);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(inContext('socket'), resolve));
    server.unref();
    project.write({
      'context/Dockerfile': `FROM ${rig.base}\nCOPY . /context/\nRUN test "$(ls /context)" = Dockerfile\n`,
    });
    const args = ['build', 'context', '--builder', builder, '--network', 'host'];
    const { stderr } = await runCase(project, args, { status: 0 }, { engine: rig.engine });
    expect(stderr).toContain(String.raw`which are left out: "odd\nname", "socket".`);
    await new Promise((resolve) => server.close(resolve));
  },
);

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

test('a file that shrinks while it is sent ends the build, is named, and dock leaves no file of the context open', async () => {
  const cable = await startFaultProxy({ target: rig.engine });
  try {
    // Too much for what lies between dock and the engine: most of it is still to be read when nothing is passed on any more.
    writeFileSync(inContext('shrinking'), randomBytes(64 * mebibyte));
    project.write({
      'dock.config.mjs': `
        import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
        const openFiles = () => readdirSync('/proc/self/fd').flatMap((fd) => {
          try { return [readlinkSync('/proc/self/fd/' + fd)]; } catch { return []; }
        }).filter((file) => file.startsWith(${JSON.stringify(inContext(''))}));
        const seen = [];
        const look = () => seen.push(...openFiles());
        export default { source: 'context', builder: 'classic', plugins: [{ name: 'looks', apply({ hooks }) {
          let timer;
          hooks.build.tap('looks', () => { timer = setInterval(look, 5); });
          hooks.cleanup.tap('looks', async () => {
            clearInterval(timer);
            // A descriptor that is closed is closed by another thread.
            for (let tries = 0; openFiles().length > 0 && tries < 100; tries += 1) await new Promise((resolve) => setTimeout(resolve, 20));
            writeFileSync('open.json', JSON.stringify({ seen: [...new Set(seen)], left: openFiles() }));
          });
        } }] };`,
    });
    const ended = runCase(
      project,
      ['build'],
      { status: 2, code: 'CONTEXT_ERROR', says: ['"shrinking"'] },
      { env: { DOCKER_HOST: cable.url } },
    );
    const sent = () => cable.connections.reduce((sum, { bytesToTarget }) => sum + bytesToTarget, 0);
    await waitUntil(() => sent() > mebibyte, { timeoutMs: 60_000, subject: 'a piece of the context at the engine' });
    cable.stall();
    truncateSync(inContext('shrinking'), mebibyte);
    cable.resume();
    await ended;
    // It was open, so the look would have found it.
    expect(JSON.parse(readFileSync(join(project.directory, 'open.json'), 'utf8'))).toEqual({
      seen: [inContext('shrinking')],
      left: [],
    });
  } finally {
    await cable.stop();
  }
});
