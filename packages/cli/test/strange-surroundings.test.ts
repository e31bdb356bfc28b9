import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createProject, dockBinary, type DockRun, outcomeOf, type Project } from './run-dock.js';

let project: Project;

beforeEach(() => {
  project = createProject({ 'src/Dockerfile': 'FROM scratch\nCOPY Dockerfile /\n' });
});

afterEach(() => project.remove());

const nowhere = ['--host', 'unix:///nowhere.sock'];

interface Document {
  readonly v: number;
  readonly status: string;
  readonly exitStatus: number;
  readonly error: { readonly code: string; readonly message: string; readonly hint: string };
}

/** What a run says, which is one document, the same in words (but by `dock version`, whose document has it), and no stack. */
function documentOf({ status, stdout, stderr }: Omit<DockRun, 'signal'>, hasWords = true): Document {
  const document = JSON.parse(stdout) as Document;
  expect(document).toMatchObject({ v: 1, status: 'failed', exitStatus: status });
  expect(stderr).toContain(hasWords ? `error ${document.error.code}: ${document.error.message}` : '');
  expect(stderr).not.toMatch(/^\s+at |INTERNAL/m);
  return document;
}

const commands = [
  ['build', 'src', ...nowhere],
  ['push', 'sha256:1', '--tag', 'a/b:1', ...nowhere],
  ['create-build-image', '--tag', 'a:1', ...nowhere],
  ['inside-build', ...nowhere],
  ['config'],
  ['version', ...nowhere],
  ['gc', ...nowhere],
] as const;

describe('a directory that was removed under the shell', () => {
  test.each(commands)('dock %s says so', (...args) => {
    const gone = join(project.directory, 'gone');
    mkdirSync(gone);
    const { status, stdout, stderr } = spawnSync(
      'sh',
      [
        '-c',
        'cd "$1" && rmdir "$1" && shift && exec "$@"',
        'sh',
        gone,
        process.execPath,
        dockBinary,
        ...args,
        '--json',
      ],
      { env: project.env(), encoding: 'utf8' },
    );
    const { error, exitStatus } = documentOf({ status, stdout, stderr }, args[0] !== 'version');
    expect([error.code, error.message, exitStatus]).toEqual([
      'CONFIG_ERROR',
      'The current directory does not exist any more.',
      2,
    ]);
  });
});

describe('a user without a home', () => {
  const asNobody = ['setpriv', '--reuid', '54321', '--clear-groups'] as const;
  const withoutHome = (args: readonly string[]) => {
    const env = project.env();
    delete env['HOME'];
    return outcomeOf(
      spawn(asNobody[0], [...asNobody.slice(1), process.execPath, dockBinary, ...args], { cwd: '/', env }),
    );
  };

  test.each(commands)('who is in no list of users is told by dock %s', async (...args) => {
    const { error, exitStatus } = documentOf(await withoutHome([...args, '--json']), args[0] !== 'version');
    expect([error.code, error.message, exitStatus]).toEqual([
      'CONFIG_ERROR',
      'HOME is not set, and the user 54321 has no entry in the list of users.',
      2,
    ]);
  });

  test('needs none for the version and for help', async () => {
    expect(await withoutHome(['--version'])).toMatchObject({ status: 0, stderr: '' });
    expect(await withoutHome(['--help'])).toMatchObject({ status: 0, stderr: '' });
  });
});

describe('a place for checkouts that cannot be made', () => {
  test.each([
    ['read-only', '/sys', /dock cannot make the directory "\/sys\/dock-\d+": E/],
    ['on a file system without such', '/proc/a/b', /dock cannot make the directory "\/proc\/a\/b\/dock-\d+": E/],
    ['a file', '/etc/passwd', /dock cannot make the directory "\/etc\/passwd\/dock-\d+": E/],
    ['below a file', '/etc/passwd/x', /dock cannot make the directory "\/etc\/passwd\/x\/dock-\d+": E/],
  ])('because it is %s is told', async (_, TMPDIR, message) => {
    const { error } = documentOf(await project.run(['build', 'src', '--json', ...nowhere], { env: { TMPDIR } }));
    expect(error).toMatchObject({ code: 'CONFIG_ERROR', message: expect.stringMatching(message) });
    expect(error.hint).toContain('DOCK_TMPDIR');
  });
});

describe('nohup', () => {
  const waiting = 'await new Promise((done) => setTimeout(done, 1500));\nexport default {};\n';
  /** Hang up once the config has begun to wait. */
  const hangUp = async (script: string) => {
    const begun = join(project.directory, 'begun');
    project.write({
      'dock.config.mjs': `import fs from 'node:fs';\nfs.writeFileSync('begun', String(process.pid));\n${waiting}`,
    });
    const child = spawn('bash', ['-c', script, 'bash', process.execPath, dockBinary, 'config', '--json'], {
      cwd: project.directory,
      env: project.env(),
    });
    const outcome = outcomeOf(child);
    while (!existsSync(begun)) await new Promise((resolve) => setTimeout(resolve, 20));
    await new Promise((resolve) => setTimeout(resolve, 100));
    spawnSync('sh', ['-c', 'kill -HUP $(cat begun)'], { cwd: project.directory });
    return outcome;
  };

  test.each([
    ['nohup', 'nohup "$@" </dev/null; exit $?'],
    ['a shell that ignores hangups', `trap '' HUP; "$@"; exit $?`],
    ['nohup on a terminal, which gets a standard input for writing only', 'exec "$@" 0>/dev/null'],
  ])('%s protects', async (_, script) => {
    const { status, stdout } = await hangUp(script);
    expect([status, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ status: 'ok' })]);
  });

  test('without it a hangup ends the command', async () => {
    const { status, stdout } = await hangUp('exec "$@" </dev/null');
    expect([status, JSON.parse(stdout)]).toEqual([
      143,
      expect.objectContaining({ error: expect.objectContaining({ code: 'CANCELLED' }) }),
    ]);
  });
});

test.each(['file', '/proc/a/b'])(
  'a directory of logs that cannot be written (%s) is told, and no reason to fail',
  async (place) => {
    writeFileSync(join(project.directory, 'file'), '');
    const run = await project.run(['build', 'src', '--json', ...nowhere], { env: { XDG_STATE_HOME: place } });
    expect(documentOf(run).error.code).toBe('DAEMON_UNREACHABLE');
    expect(run.stderr).toMatch(/WARNING: The log ".*" could not be opened: /);
  },
);
