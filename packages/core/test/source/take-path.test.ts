import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import type { Checkout } from '../../src/contracts/checkout.js';
import { isDockError } from '../../src/errors/dock-error.js';
import { takeSource } from '../../src/source/take-source.js';
import { commit, git, place, repository, type NotingContext, type Place } from './git-fixture.js';

let here: Place;
beforeEach(() => {
  here = place();
});
afterEach(() => {
  here.remove();
});

async function take(path: string, context: NotingContext = here.context()): Promise<Checkout> {
  const checkout = await takeSource({ kind: 'path', path }, context, 20_000);
  if (checkout === undefined) throw new Error('not understood');
  return checkout;
}

async function code(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'it succeeded',
    (error: unknown) => (isDockError(error) ? `${error.code} ${error.message}` : String(error)),
  );
}

describe('a directory', () => {
  test('is taken in place, from the directory that the user started in, links resolved', async () => {
    mkdirSync(here.path('app'));
    symlinkSync('app', here.path('link'));
    const expected = { kind: 'path', directory: here.path('app'), contextDir: here.path('app') };
    expect(await take('link')).toEqual(expected);
    expect(await take(here.path('app'))).toEqual(expected);
  });

  test('that is missing or no directory is SOURCE_NOT_FOUND', async () => {
    writeFileSync(here.path('file'), '');
    expect(await code(take('none'))).toBe(
      `SOURCE_NOT_FOUND The source directory "${here.path('none')}" does not exist.`,
    );
    expect(await code(take('file'))).toBe(`SOURCE_NOT_FOUND The source "${here.path('file')}" is not a directory.`);
  });

  test.each([
    ['up/Dockerfile', 'Write: dock build up --file up/Dockerfile'],
    ['up/prod.Dockerfile', 'Write: dock build up --file up/prod.Dockerfile'],
    ['up/context.tar.gz', 'Write: dock build - < up/context.tar.gz'],
    ['up/context.zip', 'Unpack it, and name the directory.'],
    ['git.example/team/app.git', 'For a git repository, write https://git.example/team/app.git'],
  ])('that is %s is told with what to write', async (path, hint) => {
    mkdirSync(here.path('up'));
    if (path.startsWith('up/')) writeFileSync(here.path(path), '');
    await expect(take(path)).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND', hint });
  });

  test('without git has no facts, and a warning says so', async () => {
    repository(here.path('app'));
    mkdirSync(here.path('nothing'));
    const context = here.context({ env: { PATH: here.path('nothing') } });
    expect(await take('app', context)).not.toHaveProperty('git');
    expect(context.warnings).toEqual([expect.stringContaining('git could not be started')]);
  });

  test.each([
    ['https://user:t0ken@h.example/a.git', 'https://h.example/a.git'],
    ['ssh://git:t0ken@h.example/a.git', 'ssh://git@h.example/a.git'],
    ['git@h.example:a.git', 'git@h.example:a.git'],
    ['codecommit::https://user:t0ken@h.example/a.git', undefined],
    ['user:t0ken@h.example:a.git', undefined],
  ])('tells of its remote "%s" no more than "%s"', async (remote, shown) => {
    repository(here.path('app'));
    git(here.path('app'), 'remote', 'add', 'origin', remote);
    expect((await take('app')).git?.url).toBe(shown);
  });

  test('before its first commit has no facts', async () => {
    mkdirSync(here.path('app'));
    git(here.path('app'), 'init', '--quiet');
    const context = here.context();
    expect(await take('app', context)).not.toHaveProperty('git');
    expect(context.warnings).toEqual([]);
  });
});

describe('the git facts of a directory', () => {
  test('are the commit, branch, date and origin without credentials', async () => {
    const sha = repository(here.path('app'));
    git(here.path('app'), 'remote', 'add', 'origin', 'https://robot:S3CRET@git.example/app.git');
    expect((await take('app')).git).toEqual({
      url: 'https://git.example/app.git',
      commit: sha,
      ref: 'main',
      authorDate: '2024-05-06T07:08:09+02:00',
      commitDate: '2024-06-06T07:08:09+02:00',
      describe: sha.slice(0, 7),
      isDirty: false,
    });
  });

  test('have no ref when no branch is checked out, and no URL without a remote', async () => {
    const sha = repository(here.path('app'));
    git(here.path('app'), 'checkout', '--quiet', '--detach');
    expect((await take('app')).git).toEqual({
      commit: sha,
      authorDate: '2024-05-06T07:08:09+02:00',
      commitDate: '2024-06-06T07:08:09+02:00',
      describe: sha.slice(0, 7),
      isDirty: false,
    });
  });

  test.each<[string, (app: string) => void, boolean]>([
    ['a changed file', (app) => writeFileSync(`${app}/Dockerfile`, 'FROM x\n'), true],
    ['a new file', (app) => writeFileSync(`${app}/new`, ''), true],
    ['a removed file', (app) => rmSync(`${app}/Dockerfile`), true],
    ['a file that was only touched', (app) => utimesSync(`${app}/Dockerfile`, 1, 1), false],
    ['an ignored file', (app) => writeFileSync(`${app}/ignored`, ''), false],
  ])('after %s: dirty is told', async (_, change, expected) => {
    repository(here.path('app'), { Dockerfile: 'FROM scratch\n', '.gitignore': 'ignored\n' });
    change(here.path('app'));
    expect((await take('app')).git?.isDirty).toBe(expected);
  });

  test('of a directory in a repository are those of the repository', async () => {
    const sha = repository(here.path('app'), { 'sub/Dockerfile': 'FROM scratch\n', '.gitignore': 'ignored/\n' });
    expect((await take('app/sub')).git).toMatchObject({ commit: sha, isDirty: false });
    mkdirSync(here.path('app/ignored'));
    expect((await take('app/ignored')).git).toMatchObject({ commit: sha, isDirty: true });
  });

  test('of a worktree and of a branch with a strange name', async () => {
    repository(here.path('app'));
    git(here.path('app'), 'worktree', 'add', '--quiet', '-b', 'größe,x/1', here.path('tree'));
    expect((await take('tree')).git).toMatchObject({ ref: 'größe,x/1', isDirty: false });
  });

  test('are read by four processes at most', async () => {
    repository(here.path('app'));
    const bin = here.path('bin');
    mkdirSync(bin);
    writeFileSync(`${bin}/git`, `#!/bin/sh\necho x >> ${here.path('count')}\nPATH="\${PATH#*:}" exec git "$@"\n`);
    chmodSync(`${bin}/git`, 0o755);
    await take('app', here.context({ env: { PATH: `${bin}:${process.env['PATH'] ?? ''}` } }));
    const { readFileSync } = await import('node:fs');
    expect(readFileSync(here.path('count'), 'utf8')).toBe('x\n'.repeat(4));
  });

  test('are read without running what the repository names', async () => {
    const app = here.path('app');
    const marker = here.path('marker');
    const names = ['', 'tree', 'upper', 'UPPER'];
    const files = [...['Dockerfile', 'data.txt'], ...names.map((name) => `${name}.file`)];
    repository(app, Object.fromEntries(files.map((name) => [name, 'data\n'])));
    const attributes = names.map((name) => `/${name}.file filter=${name}\n`).join('');
    commit(app, { '.gitattributes': `*.txt filter=a=b diff=evil\nDockerfile filter=evil\n${attributes}` });
    const run = `touch ${marker}; cat`;
    const hooks = here.path('hooks');
    mkdirSync(hooks);
    for (const hook of ['post-index-change', 'fsmonitor-watchman']) {
      writeFileSync(`${hooks}/${hook}`, `#!/bin/sh\ntouch ${marker}\n`, { mode: 0o755 });
    }
    writeFileSync(here.path('included'), `[filter "evil"]\n\tprocess = ${run}\n\trequired = true\n`);
    for (const [key, value] of [
      ['core.fsmonitor', `touch ${marker}`],
      ['core.hooksPath', hooks],
      ['core.sshCommand', run],
      ['filter.evil.clean', run],
      ['filter.a=b.clean', run],
      ['filter.a=b.smudge', run],
      ['diff.evil.textconv', run],
      ['diff.external', run],
      ['gpg.program', run],
      ['log.showSignature', 'true'],
      ['include.path', here.path('included')],
      [`includeIf.gitdir:${app}/.path`, here.path('included-if')],
      ['extensions.worktreeConfig', 'true'],
      ['core.repositoryFormatVersion', '1'],
      ['core.pager', run],
      ['pager.status', run],
      ['alias.status', `!${run}`],
      ['status.submoduleSummary', 'true'],
    ] as const) {
      git(app, 'config', key, value);
    }
    writeFileSync(here.path('included-if'), `[Filter.Upper]\n\tclean = ${run}\n[FILTER "UPPER"]\n\tClean = ${run}\n`);
    writeFileSync(`${app}/.git/config.worktree`, `[filter ""]\n\tclean = ${run}\n[filter "tree"]\n\tclean = ${run}\n`);
    for (const file of [...files, '.gitattributes']) utimesSync(`${app}/${file}`, 1, 1);
    rmSync(marker, { force: true });
    expect((await take('app')).git).toMatchObject({ ref: 'main', isDirty: false });
    expect(existsSync(marker)).toBe(false);
    expect(() => git(app, 'status')).toThrow('Command failed');
    expect(existsSync(marker)).toBe(true);
  });

  test.each<[string, (run: string) => string | Buffer, string]>([
    [
      'comes late in a large config',
      (run) => `[filter "junk"]\n\tx = ${'x'.repeat(1_200_000)}\n[filter "evil"]\n\tclean = ${run}\n`,
      'its config is too large.',
    ],
    [
      'has a name that is not UTF-8',
      (run) => Buffer.from(`[filter "\u00ff"]\n\tclean = ${run}\n`, 'latin1'),
      'its config names a filter or a remote in something else than UTF-8.',
    ],
    [
      'has a name that no environment holds',
      (run) => `[filter "evil"]\n\tclean = ${run}\n[filter "${'x'.repeat(200_000)}"]\n\tclean = ${run}\n`,
      'git could not be started.',
    ],
  ])('are not read where a filter %s', async (_, config, reason) => {
    const app = here.path('app');
    const marker = here.path('marker');
    repository(app, { 'a.txt': 'a\n' });
    commit(app, { '.gitattributes': '*.txt filter=evil\n' });
    const name = reason.includes('UTF-8') ? '\u00ff' : 'evil';
    writeFileSync(`${app}/.git/info/attributes`, Buffer.from(`*.txt filter=${name}\n`, 'latin1'));
    appendFileSync(`${app}/.git/config`, config(`"touch ${marker}; cat"`));
    utimesSync(`${app}/a.txt`, 1, 1);
    const context = here.context();
    expect(await take('app', context)).not.toHaveProperty('git');
    expect(context.warnings).toEqual([`The git facts of "${app}" could not be read: ${reason}`]);
    expect(existsSync(marker)).toBe(false);
  });

  test('are not read by a git that does not take our config', async () => {
    repository(here.path('app'));
    const bin = here.path('bin');
    mkdirSync(bin);
    const script = '#!/bin/sh\nunset GIT_CONFIG_COUNT\nPATH="${PATH#*:}" exec git "$@"\n';
    writeFileSync(`${bin}/git`, script, { mode: 0o755 });
    const context = here.context({ env: { PATH: `${bin}:${process.env['PATH'] ?? ''}` } });
    expect(await take('app', context)).not.toHaveProperty('git');
    expect(context.warnings).toEqual([expect.stringContaining('git before 2.31')]);
  });

  test('end with the run', async () => {
    repository(here.path('app'));
    const bin = here.path('bin');
    mkdirSync(bin);
    writeFileSync(`${bin}/git`, '#!/bin/sh\nsleep 60\n', { mode: 0o755 });
    const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}` };
    const source = { kind: 'path', path: 'app' } as const;
    expect(await code(takeSource(source, here.context({ env }), 200))).toMatch(/^GIT_TIMEOUT .* 0\.2 s/);
    const cancelled = here.context({ env, signal: AbortSignal.timeout(100) });
    expect(await code(takeSource(source, cancelled, 0))).toMatch(/^TIMEOUT/);
  });
});
