import { describe, expect, test } from '@jest/globals';
import type { BuildSpec } from '../../src/contracts/build-spec.js';
import type { ImageDetails } from '../../src/contracts/image-port.js';
import { instructionsOf } from '../../src/dockerfile/consumed-inputs.js';
import { parseDockerfile } from '../../src/dockerfile/parse-dockerfile.js';
import { builderSecrets } from '../../src/run/builder-secrets.js';
import { builtImage } from '../hooks/fixtures.js';
import { plugin, tryRun } from './pipeline-fixture.js';

const git = { kind: 'git', url: 'https://git.example:8443/team/app.git' } as const;
const http = { kind: 'git', url: 'http://git.example:8443/team/app.git' } as const;
const path = { kind: 'path', path: '.' } as const;

function ask(source: typeof git | typeof http | typeof path, dockerfile: string, ...ids: readonly string[]) {
  const warnings: string[] = [];
  const secrets = ids.map((id) => ({ id, env: 'TOKEN' }));
  const parsed = parseDockerfile(`FROM scratch\n${dockerfile}\n`);
  const given = builderSecrets({ source, secrets }, instructionsOf(parsed), ({ message }) => warnings.push(message));
  return { ids: given.map(({ id }) => id), warnings };
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
  ['an ADD by http from the host of the source', git, 'ADD http://git.example:8443/team/lib.git /lib', []],
  ['an ADD by http, written large', git, 'ADD HTTP://git.example:8443/team/lib.git /lib', []],
  [
    'an ADD by http beside one by https',
    git,
    'ADD http://git.example:8443/team/lib.git /lib\nADD https://git.example:8443/team/lib.git /lib',
    [],
  ],
  ['an ADD by https beside a source by http', http, 'ADD https://git.example:8443/team/lib.git /lib', []],
  ['an ADD by http beside a source by http', http, 'ADD http://git.example:8443/team/lib.git /lib', []],
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

test('what would go over http is told', () => {
  expect(ask(git, 'ADD http://git.example:8443/team/lib.git /lib', 'GIT_AUTH_TOKEN').warnings).toEqual([
    'The secret "GIT_AUTH_TOKEN" names no host, and an ADD from "http://git.example:8443" would show it to the network, so no ADD from that host gets it.',
  ]);
});

test.each([
  ['from the host of the source by http', 'ADD http://git.example:8443/team/lib.git /lib'],
  ['in an ONBUILD', 'ONBUILD ADD https://other.example/lib.git /lib'],
  ['of a variable scheme', 'ARG S\nADD http$S://git.example:8443/lib.git /lib'],
  ['of a variable host', 'ARG H\nADD https://git.$H/lib.git /lib'],
])('a mounted token never stands beside an ADD %s', (_, add) => {
  const mount = 'RUN --mount=type=secret,id=GIT_AUTH_TOKEN true';
  expect(() => ask(git, `${mount}\n${add}`, 'GIT_AUTH_TOKEN')).toThrow('is mounted by a RUN, and the builder');
});

test('a mounted token may stand beside an ADD of a file whose name has a variable', () => {
  const dockerfile = 'ARG V\nRUN --mount=type=secret,id=GIT_AUTH_TOKEN true\nADD app-$V.txt src/$V /app/';
  expect(ask(git, dockerfile, 'GIT_AUTH_TOKEN').ids).toEqual(['GIT_AUTH_TOKEN']);
});

describe('in a run', () => {
  const mount = 'RUN --mount=type=secret,id=GIT_AUTH_TOKEN true';

  /** The IDs of the secrets that a build gets, and how the run ended. */
  async function run(dockerfile: string, added = '', onBuild: readonly string[] = []) {
    const built: BuildSpec[] = [];
    const image = { id: `sha256:${'b'.repeat(64)}`, onBuild } as unknown as ImageDetails;
    const adds = plugin('adds', (dock) =>
      dock.hooks.prebuild.tap('adds', (spec) => ({
        ...spec,
        dockerfile: { ...spec.dockerfile, text: `${spec.dockerfile.text}${added}\n` },
      })),
    );
    const { result } = await tryRun(added === '' ? [] : [adds], {
      dockerfile: `FROM a\n${dockerfile}\n`,
      request: { secrets: [{ id: 'GIT_AUTH_TOKEN', env: 'TOKEN' }] },
      engine: {
        inspectImage: async () => image,
        build: async (spec) => {
          built.push(spec);
          return builtImage();
        },
      },
    });
    return { error: result.error, ids: built.flatMap(({ secrets = [] }) => secrets.map(({ id }) => id)) };
  }

  test('a mount that a plugin writes gets the token', async () => {
    expect(await run('RUN true', mount)).toEqual({ error: undefined, ids: ['GIT_AUTH_TOKEN'] });
  });

  test('a mount that a base triggers gets the token', async () => {
    expect(await run('RUN true', '', [mount])).toEqual({ error: undefined, ids: ['GIT_AUTH_TOKEN'] });
  });

  test.each([
    ['a plugin writes', 'ADD https://other.example/lib.git /lib', []],
    ['a base triggers', '', ['ADD https://other.example/lib.git /lib']],
    ['a plugin writes behind ONBUILD', 'ONBUILD ADD https://other.example/lib.git /lib', []],
  ])('a mounted token does not stand beside an ADD that %s', async (_, added, onBuild) => {
    const { error, ids } = await run(mount, added, onBuild);
    expect(error).toMatchObject({ code: 'INVALID_OPTION', phase: 'prebuild' });
    expect(error?.message).toContain('"other.example"');
    expect(ids).toEqual([]);
  });
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

test('a named context from git counts as an ADD', () => {
  const contexts = { lib: 'https://other.example/lib.git' };
  const given = (source: typeof git, dockerfile: string) =>
    builderSecrets(
      { source, contexts, secrets: [{ id: 'GIT_AUTH_TOKEN', env: 'TOKEN' }] },
      instructionsOf(parseDockerfile(`FROM scratch\n${dockerfile}\n`)),
      () => undefined,
    );
  expect(given(git, 'RUN true')).toEqual([]);
  expect(() => given(git, 'RUN --mount=type=secret,id=GIT_AUTH_TOKEN true')).toThrow('"other.example"');
});
