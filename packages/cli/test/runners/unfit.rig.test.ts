import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { BuildResult, DockEvent } from '@dock/core';
import {
  baseImage,
  buildImage,
  type BuildImageOptions,
  listLeftovers,
  sharedEngine,
  type SharedRigEngine,
} from '@dock/testing';
import { createProject, type Project } from '../run-dock.js';

let engine: SharedRigEngine;
let base: string;
let project: Project;

beforeAll(async () => {
  engine = await sharedEngine();
  base = (await baseImage(engine)).reference;
});
beforeEach(() => {
  project = createProject();
});
afterEach(() => project.remove());

/** A build by the runner host-docker, whose options beside the build image are given as code. */
async function run(image: BuildImageOptions | string, options = '', source = 'context', imports = '') {
  const reference = typeof image === 'string' ? image : (await buildImage(engine, image)).reference;
  project.write({
    'context/Dockerfile': `FROM ${base}\nLABEL unfit=1\n`,
    'dock.config.ts': `
      import { defineConfig } from '@dock/core';
      import { hostDocker } from '@dock/runner-host-docker';
      ${imports}
      export default defineConfig({
        source: '${source}', image: 'unfit:1', network: 'host',
        runner: hostDocker({ buildImage: '${reference}', network: 'host', ${options} }),
        plugins: [${imports === '' ? '' : 'plugin'}],
      });`,
  });
  const env = { DOCKER_HOST: engine.host, HOME: project.home, NOT_PASSED: 'x' };
  const { status, stdout, stderr } = await project.run(['build', '--json', '--progress', 'rawjson'], { env });
  const result = JSON.parse(stdout) as BuildResult;
  const events = stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as DockEvent);
  // Whatever went wrong: it is in the stream, the status is true, and nothing is left.
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  expect(events.slice(-2)).toMatchObject([
    { type: 'error', error: { code: result.error?.code } },
    { type: 'run.end', exitStatus: status },
  ]);
  expect(result.exitStatus).toBe(status);
  expect(await listLeftovers(engine, result.runId)).toEqual({ containers: [], volumes: [], networks: [] });
  return { ...result, events };
}

const standIn = (script: string): BuildImageOptions => ({
  node: false,
  files: { '/usr/local/bin/node': `#!/bin/sh\n${script}\n` },
});

describe('a build image that does not fit', () => {
  test.each<[string, BuildImageOptions | string, string, number, RegExp, string]>([
    ['is not there', 'nobody/has-this:1', 'BUILD_IMAGE_NOT_FOUND', 2, /"nobody\/has-this:1"/, 'context'],
    ['is for another platform', { architecture: 's390x' }, 'BUILD_IMAGE_PLATFORM', 2, /"linux\/s390x"/, 'context'],
    ['has no Node', { node: false }, 'BUILD_IMAGE_NO_NODE', 2, /no Node/, 'context'],
    [
      'has no git, for a git source',
      { git: false },
      'BUILD_IMAGE_NO_GIT',
      2,
      /no git/,
      'http://127.0.0.1:9/repository.git',
    ],
  ])('%s', async (_, image, code, exitStatus, message, source) => {
    const { error } = await run(image, '', source);
    expect(error).toMatchObject({ code, exitStatus, message: expect.stringMatching(message) });
  });
});

describe('a build container that does not do its work', () => {
  test.each<[string, string, string, number, RegExp]>([
    ['ends without a result', 'echo sorry; exit 3', 'RESULT_MISSING', 70, /status 3/],
    ['writes garbage between events', 'echo oops >&3; exec sleep 1000', 'EVENTS_BROKEN', 3, /"oops"/],
    ['writes half a result', 'printf "{" > /run/dock/result.json', 'RESULT_INVALID', 70, /not JSON/],
    ['writes another document', 'echo "{}" > /run/dock/result.json', 'RESULT_INVALID', 70, /does not fit/],
    ['links its result elsewhere', 'ln -s /etc/passwd /run/dock/result.json', 'RESULT_MISSING', 70, /no result/],
    [
      'writes a huge result',
      'dd if=/dev/zero of=/run/dock/result.json bs=1M count=17 2>/dev/null',
      'RESULT_TOO_LARGE',
      70,
      /17825792/,
    ],
  ])('%s', async (_, script, code, exitStatus, message) => {
    const { error } = await run(standIn(script));
    expect(error).toMatchObject({ code, exitStatus, message: expect.stringMatching(message) });
  });

  test('has its last lines in the error', async () => {
    const { error } = await run(standIn('for i in $(seq 1 30); do echo "line $i" >&2; done; exit 4'));
    expect(error?.details).toMatchObject({
      exitCode: 4,
      lastLines: Array.from({ length: 20 }, (_, index) => `line ${index + 11}`),
    });
  });

  test('is killed for memory', async () => {
    const { error } = await run(standIn('exec tail /dev/zero'), 'memory: 16 * 1024 * 1024');
    expect(error).toMatchObject({ code: 'OOM_KILLED', exitStatus: 1 });
  });
});

test('a socket that leads to another engine', async () => {
  const other = await sharedEngine({ version: '26' });
  const { error } = await run({}, `socketPath: '${other.socketPath}'`);
  expect(error).toMatchObject({ code: 'ENGINE_MISMATCH', phase: 'endpoint' });
});

describe('a config that does not travel', () => {
  test.each<[string, string, Readonly<Record<string, string>>, RegExp]>([
    ['a native addon', "await import('./addon.node')", { 'addon.node': 'ELF' }, /addon\.node".*dock\.config\.ts/],
    ['a file beside a module', "new URL('./words.txt', import.meta.url)", { 'words.txt': 'w' }, /words\.txt"/],
  ])('uses %s', async (_, code, files, message) => {
    project.write(files);
    const lazily = `const plugin = { name: 'p', apply(dock) { dock.hooks.prebuild.tap('p', async () => { ${code}; }); } };`;
    const { error } = await run({}, '', 'context', lazily);
    expect(error).toMatchObject({ code: 'CONFIG_NOT_PORTABLE', message: expect.stringMatching(message) });
  });
});

describe('a plugin that misbehaves inside', () => {
  test('ends the process: the result says so, and what it started is gone', async () => {
    const result = await run(
      {},
      '',
      'context',
      `const plugin = { name: 'p', apply(dock) { dock.hooks.prebuild.tap('p', async (spec, context) => {
        await context.engine.startContainer({ image: '${base}', command: ['sleep', '1000'], network: 'none', role: 'test', runId: context.runId });
        process.exit(0);
      }); } };`,
    );
    expect(result).toMatchObject({
      exitStatus: 70,
      error: { code: 'INTERNAL', phase: 'prebuild', message: expect.stringContaining('process.exit') },
    });
  });

  test('needs a program that the build image does not have', async () => {
    const { error } = await run(
      {},
      '',
      'context',
      "const plugin = { name: 'p', requires: { commands: ['nobody-has-this'] }, apply() {} };",
    );
    expect(error).toMatchObject({ code: 'COMMAND_NOT_FOUND', plugin: 'p' });
  });

  test('prints by itself and by children: it all becomes log events, in no event of another', async () => {
    const result = await run(
      {},
      '',
      'context',
      `import { spawnSync } from 'node:child_process';
      const plugin = { name: 'p', apply(dock) { dock.hooks.prebuild.tap('p', () => {
        console.log('printed'); process.stderr.write('to stderr\\n');
        spawnSync('sh', ['-c', 'echo child; echo child-2 >&2'], { stdio: 'inherit' });
        console.log(process.env.NOT_PASSED);
        throw new Error('enough');
      }); } };`,
    );
    expect(result.error?.message).toContain('enough');
    const printed = result.events.flatMap((event) =>
      event.type === 'log' && event.source === 'build-container' ? [event.message] : [],
    );
    expect(printed.toSorted()).toEqual(['child', 'child-2', 'printed', 'to stderr', 'undefined']);
    expect(result.warnings.map(({ message }) => message)).toEqual([
      'The variable "NOT_PASSED" was read, and it did not travel into the build container.',
    ]);
  });
});
