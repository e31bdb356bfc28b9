import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  buildImage,
  buildImageHere,
  pushImage,
  runBuild,
  stateDirectory,
  tempDirectory,
  throwIfFailed,
} from '@dock/api';
import { DockError, type DockEvent } from '@dock/core';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'dock-api-test-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));
const surroundings = (env: Record<string, string> = {}) => ({ env, cwd: root, homeDir: join(root, 'home') });

describe('a mistake in the call', () => {
  const here = (parameters: unknown) => buildImageHere(parameters as never);
  const build = (request: unknown, options?: unknown) => buildImage(request as never, options as never);
  const cases: [string, () => Promise<unknown>, RegExp][] = [
    ['no argument', () => here(undefined), /must be an object and is missing/],
    ['no URL', () => here({ image: 'x' }), /"gitUrl" must be a string/],
    ['an empty name', () => here({ gitUrl: 'https://x', image: '' }), /"image" must not be empty/],
    ['a snake-case key', () => here({ gitUrl: 'https://x', image: 'x', git_commit: 'y' }), /key "git_commit"/],
    [
      'a registry that is no array',
      () => here({ gitUrl: 'https://x', image: 'x', targetRegistries: 'r' }),
      /"targetRegistries" must be an array, not a string/,
    ],
    ['a request that is a string', () => build('.'), /the request of buildImage: it must be an object, not a string/],
    ['an unknown option', () => build({ source: { kind: 'path', path: '.' } }, { pluggins: [] }), /"pluggins"/],
    [
      'plugins that are no array',
      () => build({ source: { kind: 'path', path: '.' } }, { plugins: {} }),
      /"plugins" must be an array/,
    ],
    ['tags that are no array', () => pushImage({ imageId: 'x', tags: 'y' as never }), /"tags" must be an array/],
  ];
  test.each(cases)('%s is thrown as CONFIG_INVALID', async (_, call, message) => {
    await expect(call()).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) });
  });

  test('names the nearest key', async () => {
    await expect(here({ gitUrl: 'https://x', image: 'x', git_commit: 'y' })).rejects.toMatchObject({
      hint: 'Did you mean "gitCommit"?',
    });
  });
});

describe('a run that cannot begin', () => {
  test('has a result, events and a result file like any other', async () => {
    const events: DockEvent[] = [];
    const stateDir = join(root, 'state');
    const result = await runBuild(
      async () => {
        throw new DockError('CONFIG_ERROR', 'The config is broken.', { cause: new Error('line 3') });
      },
      { env: {}, cwd: root, stateDir, onEvent: (event) => events.push(event) },
    );
    expect(result).toMatchObject({
      v: 1,
      status: 'failed',
      exitStatus: 2,
      error: { code: 'CONFIG_ERROR', phase: 'config', cause: ['line 3'] },
    });
    expect(events.map(({ type, seq }) => `${seq} ${type}`)).toEqual([
      '1 run.start',
      '2 phase.start',
      '3 phase.end',
      '4 error',
      '5 run.end',
    ]);
    expect(readdirSync(join(stateDir, result.runId))).toEqual(['result.json']);
    expect(() => throwIfFailed(result)).toThrow('The config is broken.');
  });

  test('says so when the result file cannot be written, and keeps the first error', async () => {
    writeFileSync(join(root, 'file'), '');
    const result = await runBuild(async () => Promise.reject(new DockError('USAGE', 'wrong')), {
      env: {},
      cwd: root,
      stateDir: join(root, 'file', 'state'),
    });
    expect(result.error?.code).toBe('USAGE');
    expect(result.warnings[0]?.message).toMatch(/not written/);
  });

  test('asks nobody about an image whose name cannot be one', async () => {
    const result = await pushImage({
      imageId: 'Foo/bar:tag!',
      tags: ['r.example/x:1'],
      env: {},
      cwd: root,
      stateDir: false,
    });
    expect(result).toMatchObject({ exitStatus: 2, error: { code: 'INVALID_IMAGE_NAME', phase: 'config' } });
  });

  test('takes what is no DockError for a defect', async () => {
    const result = await runBuild(async () => Promise.reject(new TypeError('oops')), {
      env: {},
      cwd: root,
      stateDir: false,
    });
    expect(result).toMatchObject({ exitStatus: 70, error: { code: 'INTERNAL' } });
  });

  test('keeps the last 50 runs, and those that may still be running', async () => {
    const stateDir = join(root, 'state');
    const id = (n: number) => `20200101t0000${String(n).padStart(2, '0')}-00000000`;
    for (let n = 0; n < 55; n++) mkdirSync(join(stateDir, id(n)), { recursive: true });
    for (let n = 1; n < 55; n++) writeFileSync(join(stateDir, id(n), 'result.json'), '{}');
    mkdirSync(join(stateDir, 'something-else'));
    const fail = async () => Promise.reject(new DockError('USAGE', 'wrong'));
    const { runId } = await runBuild(fail, { env: {}, cwd: root, stateDir });
    const left = readdirSync(stateDir).sort();
    expect(left).toContain('something-else');
    expect(left).toContain(id(0));
    expect(left).not.toContain(id(1));
    expect(left).toContain(runId);
    expect(left.length).toBe(52);
  });
});

test('a listener that throws does not hide why a run could not begin', async () => {
  const stateDir = join(root, 'state');
  const options = {
    cwd: root,
    env: { HOME: root },
    stateDir,
    onEvent: () => {
      throw new Error('broken');
    },
  };
  const prepare = async () => {
    throw new DockError('CONFIG_ERROR', 'No.');
  };
  const result = await runBuild(prepare, options);
  expect(result).toMatchObject({ status: 'failed', error: { code: 'CONFIG_ERROR' } });
  expect(result.warnings).toEqual([{ message: 'The event listener threw and is no longer called: broken' }]);
  expect(existsSync(join(stateDir, result.runId, 'result.json'))).toBe(true);
});

describe('directories', () => {
  test('follow the XDG variables, then the home directory', () => {
    expect(stateDirectory(surroundings())).toBe(join(root, 'home/.local/state/dock/runs'));
    expect(stateDirectory(surroundings({ XDG_STATE_HOME: '/x' }))).toBe('/x/dock/runs');
  });

  test('for checkouts are ours alone', () => {
    const made = tempDirectory(surroundings({ TMPDIR: '/nowhere', DOCK_TMPDIR: join(root, 'deep', 'tmp') }));
    expect(made).toBe(join(root, 'deep', 'tmp', `dock-${process.getuid?.()}`));
    expect(statSync(made).mode & 0o777).toBe(0o700);
    expect(tempDirectory(surroundings({ DOCK_TMPDIR: join(root, 'deep', 'tmp') }))).toBe(made);
  });

  const name = `dock-${process.getuid?.()}`;
  test.each([
    ['a symbolic link', () => symlinkSync('/etc', join(root, name)), /symbolic link/],
    ['a file', () => writeFileSync(join(root, name), ''), /not a directory/],
    [
      'open to others',
      () => (mkdirSync(join(root, name)), chmodSync(join(root, name), 0o777)),
      /open to other users \(mode 0777/,
    ],
  ])('that are %s are refused', (_, plant, message) => {
    plant();
    expect(() => tempDirectory(surroundings({ DOCK_TMPDIR: root }))).toThrow(message);
    expect(existsSync(join(root, name))).toBe(true);
  });
});
