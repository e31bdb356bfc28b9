import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { SourceRequest } from '../../src/contracts/checkout.js';
import { readDescribe, readFetchedTag } from '../../src/source/read-describe.js';
import { takeSource } from '../../src/source/take-source.js';
import { backend, commit, git, place, repository, serve, type Place, type TestServer } from './git-fixture.js';

let here: Place;
let server: TestServer;

beforeEach(async () => {
  here = place();
  repository(here.path('repos', 'app.git'));
  git(here.path('repos', 'app.git'), 'tag', 'v1.0');
  server = await serve(backend(here.path('repos')));
});
afterEach(async () => {
  await server.close();
  here.remove();
});

const app = () => here.path('repos', 'app.git');

async function facts(request: SourceRequest) {
  return (await takeSource(request, here.context(), 20_000))?.git;
}

describe('where a commit stands between tags', () => {
  const url = () => `${server.url}/app.git`;

  test('is what git says of a directory', async () => {
    expect(await facts({ kind: 'path', path: app() })).toMatchObject({ describe: 'v1.0', tag: 'v1.0', ref: 'main' });
    commit(app(), { later: 'x' });
    const said = await facts({ kind: 'path', path: app() });
    expect(said?.describe).toBe(git(app(), 'describe', '--tags'));
    expect(said).not.toHaveProperty('tag');
  });

  test('is the commit where no tag is', async () => {
    git(app(), 'tag', '--delete', 'v1.0');
    const said = await facts({ kind: 'path', path: app() });
    expect(said?.describe).toBe(git(app(), 'rev-parse', '--short', 'HEAD'));
    expect(said).not.toHaveProperty('tag');
  });

  test('of a git URL is known where its history is asked for', async () => {
    commit(app(), { later: 'x' });
    const said = git(app(), 'describe', '--tags');
    expect(await facts({ kind: 'git', url: url() })).not.toHaveProperty('describe');
    expect(await facts({ kind: 'git', url: url(), describe: true })).toMatchObject({ describe: said });
    expect(await facts({ kind: 'git', url: url(), keepGitDir: true })).toMatchObject({ describe: said });
  });

  test('of a git URL is the tag that was asked for', async () => {
    commit(app(), { later: 'x' });
    git(app(), 'tag', '--annotate', '--message', 'v2', "v2'0");
    for (const [ref, tag] of [
      ['v1.0', 'v1.0'],
      ['refs/tags/v1.0', 'v1.0'],
      ["v2'0", "v2'0"],
    ] as const)
      expect(await facts({ kind: 'git', url: url(), ref })).toMatchObject({ describe: tag, tag });
    git(app(), 'branch', 'side');
    expect(await facts({ kind: 'git', url: url(), ref: 'side' })).not.toHaveProperty('tag');
  });
});

test.each([
  ['v1.0-0-gabcdef1\n', { describe: 'v1.0', tag: 'v1.0' }],
  ['v1.0-3-gabcdef1\n', { describe: 'v1.0-3-gabcdef1' }],
  ['v1-2-gabc-0-gabcdef1\n', { describe: 'v1-2-gabc', tag: 'v1-2-gabc' }],
  ['abcdef1\n', { describe: 'abcdef1' }],
  ['', {}],
])('git describe of %j is %j', (output, expected) => {
  expect(readDescribe(output)).toEqual(expected);
});

test.each([
  ["abc\t\ttag 'v1' of https://h/a\n", { describe: 'v1', tag: 'v1' }],
  ["abc\t\tbranch 'v1' of https://h/a\n", {}],
  ['abc\t\thttps://h/a\n', {}],
])('a fetch of %j is %j', (noted, expected) => {
  expect(readFetchedTag(noted)).toEqual(expected);
});
