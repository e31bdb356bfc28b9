import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { createReadStream, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { takeSource } from '../../src/source/take-source.js';
import { backend, commit, failure, git, place, repository, serve, type Place, type TestServer } from './git-fixture.js';

let here: Place;
const servers: TestServer[] = [];

async function started(listener: RequestListener): Promise<string> {
  const one = await serve(listener);
  servers.push(one);
  return one.url;
}

beforeEach(() => {
  here = place();
  mkdirSync(here.path('repos'));
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((one) => one.close()));
  here.remove();
});

async function take(url: string, ref?: string, env = here.context().env) {
  const checkout = await takeSource(
    { kind: 'git', url, ...(ref === undefined ? {} : { ref }) },
    here.context({ env }),
    20_000,
  );
  if (checkout === undefined) throw new Error('not understood');
  return checkout;
}

/** An object that git itself would not write. */
function object(directory: string, type: string, content: Buffer): string {
  const words = ['hash-object', '-w', '-t', type, '--literally', '--stdin'];
  return execFileSync('git', words, { cwd: directory, input: content, encoding: 'utf8' }).trim();
}

const entry = (mode: string, name: string, id: string) =>
  Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')]);

interface Oddities {
  readonly directoryMode?: string;
  readonly person?: string;
  readonly names?: readonly string[];
}

/** A bare repository whose only commit is as old importers wrote them. */
function oldRepository(name: string, { directoryMode = '40000', person, names = ['a'] }: Oddities): string {
  const directory = here.path('repos', name);
  mkdirSync(directory);
  git(directory, 'init', '--quiet', '--bare', '--initial-branch=main');
  const blob = object(directory, 'blob', Buffer.from('FROM scratch\n'));
  const inner = object(directory, 'tree', Buffer.concat(names.map((each) => entry('100644', each, blob))));
  const root = object(
    directory,
    'tree',
    Buffer.concat([entry('100644', 'Dockerfile', blob), entry(directoryMode, 'src', inner)]),
  );
  const line = person ?? 'Ann <ann@localhost> 1714972089 +0200';
  const id = object(directory, 'commit', Buffer.from(`tree ${root}\nauthor ${line}\ncommitter ${line}\n\nold\n`));
  git(directory, 'update-ref', 'refs/heads/main', id);
  return id;
}

describe('a repository as old importers wrote them is taken', () => {
  test.each<[string, Oddities, string]>([
    ['modes with a zero before them', { directoryMode: '040000' }, '2024-05-06T07:08:09+02:00'],
    ['a zone of five digits', { person: 'Ann <ann@localhost> 1714972089 +51800' }, '2024-05-06T05:08:09Z'],
    ['a zone beyond a day', { person: 'Ann <ann@localhost> 1714972089 -7350' }, '2024-05-06T05:08:09Z'],
    ['no mail address', { person: 'Ann 1714972089 +0200' }, '1970-01-01T00:00:00Z'],
    ['no space before the date', { person: 'Ann <ann@localhost>1714972089 +0200' }, '2024-05-06T07:08:09+02:00'],
    ['a date with zeros before it', { person: 'Ann <ann@localhost> 01714972089 +0200' }, '2024-05-06T07:08:09+02:00'],
    ['a date after all days', { person: 'Ann <ann@localhost> 99999999999999999999 +0200' }, '1970-01-01T00:00:00Z'],
    ['no name', { person: '<ann@localhost> 1714972089 +0200' }, '2024-05-06T07:08:09+02:00'],
  ])('%s', async (_, oddities, date) => {
    const id = oldRepository('old.git', oddities);
    const url = await started(backend(here.path('repos')));
    const { directory, git: facts } = await take(`${url}/old.git`);
    expect(facts).toMatchObject({ commit: id, authorDate: date, commitDate: date });
    expect(existsSync(join(directory, 'src', 'a'))).toBe(true);
  });

  test.each<[string, Oddities, RegExp]>([
    ['a name that leads out of its directory', { names: ['..'] }, /hasDotdot/],
    ["git's own directory", { names: ['.git'] }, /hasDotgit/],
    ['two entries of one name', { names: ['a', 'a'] }, /duplicateEntries/],
    ['a tree out of order', { names: ['b', 'a'] }, /treeNotSorted/],
  ])('%s is not', async (_, oddities, reason) => {
    oldRepository('old.git', oddities);
    const url = await started(backend(here.path('repos')));
    const error = await failure(take(`${url}/old.git`));
    expect(error).toMatchObject({ code: 'GIT_CLONE_FAILED' });
    expect(error.message).toMatch(reason);
  });
});

/** A server that knows nothing of git. */
const plainFiles: RequestListener = (incoming, outgoing) => {
  const file = here.path('repos', decodeURIComponent(new URL(incoming.url ?? '/', 'http://localhost').pathname));
  if (!existsSync(file) || !statSync(file).isFile()) return void outgoing.writeHead(404).end();
  outgoing.writeHead(200, { 'Content-Type': 'text/plain' });
  createReadStream(file).pipe(outgoing);
};

describe('a server that only hands out files', () => {
  const publish = (name: string) => {
    git(here.path(name), 'tag', '--force', 'v1');
    git(here.directory, 'clone', '--quiet', '--bare', name, here.path('repos', name));
    git(here.path('repos', name), 'update-server-info');
  };

  test.each([undefined, 'main', 'v1'])('gives its repository at %s', async (ref) => {
    repository(here.path('app.git'), { Dockerfile: 'FROM scratch\n' });
    const last = commit(here.path('app.git'), { later: 'x' });
    publish('app.git');
    const { directory, git: facts } = await take(`${await started(plainFiles)}/app.git`, ref);
    expect(facts?.commit).toBe(last);
    expect(readFileSync(join(directory, 'later'), 'utf8')).toBe('x');
  });

  test('gives a commit of it', async () => {
    const first = repository(here.path('app.git'), { Dockerfile: 'FROM scratch\n' });
    commit(here.path('app.git'), { later: 'x' });
    publish('app.git');
    const url = `${await started(plainFiles)}/app.git`;
    const { directory, git: facts } = await take(url, first);
    expect(facts?.commit).toBe(first);
    expect(existsSync(join(directory, 'later'))).toBe(false);
    expect(await failure(take(url, 'f'.repeat(40)))).toMatchObject({ code: 'GIT_REF_NOT_FOUND' });
    expect(await failure(take(url, 'nope'))).toMatchObject({ code: 'GIT_REF_NOT_FOUND' });
  });

  test('is held to the same rules as any other', async () => {
    oldRepository('zero.git', { directoryMode: '040000' });
    oldRepository('dots.git', { names: ['..'] });
    for (const name of ['zero.git', 'dots.git']) git(here.path('repos', name), 'update-server-info');
    const url = await started(plainFiles);
    expect((await take(`${url}/zero.git`)).git?.authorDate).toBe('2024-05-06T07:08:09+02:00');
    expect((await failure(take(`${url}/dots.git`))).message).toMatch(/hasDotdot/);
  });
});
