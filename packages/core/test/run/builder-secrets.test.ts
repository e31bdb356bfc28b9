import { expect, test } from '@jest/globals';
import { parseDockerfile } from '../../src/dockerfile/parse-dockerfile.js';
import { builderSecrets } from '../../src/run/builder-secrets.js';

const git = { kind: 'git', url: 'https://git.example:8443/team/app.git' } as const;
const path = { kind: 'path', path: '.' } as const;

function ask(source: typeof git | typeof path, dockerfile: string, ...ids: readonly string[]) {
  const warnings: string[] = [];
  const secrets = ids.map((id) => ({ id, env: 'TOKEN' }));
  const parsed = parseDockerfile(`FROM scratch\n${dockerfile}\n`);
  const given = builderSecrets({ source, secrets }, parsed, ({ message }) => warnings.push(message));
  return { ids: given?.map(({ id }) => id), warnings };
}

test.each([
  [
    'an ADD from the host of the source',
    git,
    'ADD https://git.example:8443/team/lib.git /lib',
    ['GIT_AUTH_TOKEN.git.example:8443'],
  ],
  ['a mount of a RUN', git, 'RUN --mount=type=secret,id=GIT_AUTH_TOKEN true', ['GIT_AUTH_TOKEN']],
  ['nothing', git, 'RUN true', []],
  ['an ADD from another host', git, 'ADD https://other.example/lib.git /lib', []],
  ['an ADD from another port', git, 'ADD https://git.example/lib.git /lib', []],
  ['an ADD of a variable', git, 'ARG URL\nADD $URL /lib', []],
  ['an ADD beside a directory', path, 'ADD https://git.example:8443/lib.git /lib', []],
  [
    'an ADD in JSON form',
    git,
    'ADD ["https://git.example:8443/team/lib.git", "/lib"]',
    ['GIT_AUTH_TOKEN.git.example:8443'],
  ],
  ['a file', git, 'ADD file.txt /', []],
] as const)('a token without a host, for %s', (_, source, dockerfile, expected) => {
  expect(ask(source, dockerfile, 'GIT_AUTH_TOKEN').ids).toEqual(expected);
});

test('a token with a host, and other secrets, are given as they are', () => {
  const { ids, warnings } = ask(
    git,
    'ADD https://other.example/lib.git /lib',
    'GIT_AUTH_TOKEN.other.example',
    'GIT_AUTH_HEADER',
    'npm',
  );
  expect(ids).toEqual(['GIT_AUTH_TOKEN.other.example', 'npm']);
  expect(warnings).toEqual([]);
});

test('what an ADD does not get is told', () => {
  expect(ask(git, 'ADD https://other.example/lib.git /lib', 'GIT_AUTH_TOKEN').warnings).toEqual([
    expect.stringContaining('an ADD from "other.example" does not get it'),
  ]);
});

test('a mounted token never stands beside an ADD from another host', () => {
  const mount = 'RUN --mount=type=secret,id=GIT_AUTH_TOKEN true';
  expect(() => ask(git, `${mount}\nADD ["https://other.example/lib.git", "/lib"]`, 'GIT_AUTH_TOKEN')).toThrow(
    'other.example',
  );
  expect(() => ask(git, `${mount}\nADD https://other.example/lib.git /lib`, 'GIT_AUTH_TOKEN')).toThrow(
    'the builder would also show it to an ADD from "other.example"',
  );
});
