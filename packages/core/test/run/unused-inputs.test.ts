import { describe, expect, test } from '@jest/globals';
import type { BuildRequest } from '../../src/contracts/build-request.js';
import type { ImageDetails } from '../../src/contracts/image-port.js';
import { plugin, tryRun } from './pipeline-fixture.js';

const base = (onBuild: readonly string[]): ImageDetails => ({
  id: `sha256:${'b'.repeat(64)}`,
  ...{ tags: [], digests: [], layers: [], env: [], entrypoint: [], command: [], exposedPorts: [] },
  ...{ platform: 'linux/amd64', size: 1, labels: {}, user: '', workingDir: '', onBuild },
});

/** The warnings of a run on a Dockerfile, with build arguments and secrets of these names. */
async function warningsOf(
  dockerfile: string,
  { args = [], secrets = [] }: { args?: readonly string[]; secrets?: readonly string[] },
  onBuild: readonly string[] | null = [],
) {
  const request: Partial<BuildRequest> = {
    buildArgs: Object.fromEntries(args.map((name) => [name, '1'])),
    secrets: secrets.map((id) => ({ id, env: 'TOKEN' })),
  };
  const inspectImage = async () => (onBuild === null ? undefined : base(onBuild));
  const { result } = await tryRun([], { dockerfile, request, engine: { inspectImage } });
  expect(result.error).toBeUndefined();
  return result.warnings.map(({ message, hint = '' }) => `${message} ${hint}`);
}

describe('a build argument', () => {
  test('that nothing declares is a warning, with the nearest that is', async () => {
    const [first, second, ...more] = await warningsOf('FROM a\nARG VERSION\n', { args: ['VERISON', 'OTHER_NAME'] });
    expect(first).toContain('uses the build argument "VERISON": it has no "ARG VERISON". Did you mean "VERSION"?');
    expect(second).toContain('"OTHER_NAME"');
    expect(more).toEqual([]);
  });

  test.each([
    ['before the first FROM', 'ARG X\nFROM a\n'],
    ['in a stage', 'FROM a\nARG Y X=2\n'],
    ['in quotes', 'FROM a\nARG "X=2"\n'],
    ['in a stage that is not built', 'FROM a AS b\nARG X\nFROM c\n'],
    ['by an ONBUILD of a stage', 'FROM a AS b\nONBUILD ARG X\nFROM b\n'],
  ])('that is declared %s is none', async (_, dockerfile) => {
    expect(await warningsOf(dockerfile, { args: ['X'] })).toEqual([]);
  });

  test('that an ONBUILD of the base declares is none, and who cannot look says so', async () => {
    expect(await warningsOf('FROM a\n', { args: ['X'] }, ['ARG X'])).toEqual([]);
    expect(await warningsOf('FROM a\n', { args: ['X'] }, null)).toEqual([
      expect.stringContaining('unless an ONBUILD of its base does'),
    ]);
  });

  test('that is predefined is none', async () => {
    const args = ['HTTP_PROXY', 'no_proxy', 'BUILDKIT_INLINE_CACHE', 'SOURCE_DATE_EPOCH', 'TARGETARCH'];
    expect(await warningsOf('FROM a\n', { args })).toEqual([]);
  });
});

describe('a secret', () => {
  test('that nothing mounts is a warning', async () => {
    const dockerfile = 'FROM a\nRUN --mount=type=secret,id=npm_token --mount=type=cache,id=pip,target=/c true\n';
    const warnings = await warningsOf(dockerfile, { secrets: ['npm_tokne', 'pip'] });
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toContain('"npm_tokne": no "RUN --mount=type=secret" names it. Did you mean "npm_token"?');
  });

  test.each([
    ['by its ID', 'RUN --mount=type=secret,id=x,required true'],
    ['by its ID, as a variable', 'RUN --mount=type=secret,id=x,env=X true'],
    ['by where it is mounted', 'RUN --mount=type=secret,target=/etc/x true'],
    ['by a variable', 'RUN --mount=type=secret,id=$WHICH true'],
    ['in an ONBUILD', 'ONBUILD RUN --mount=type=secret,id=x true'],
  ])('that is mounted %s is none', async (_, instruction) => {
    expect(await warningsOf(`FROM a\n${instruction}\n`, { secrets: ['x'] })).toEqual([]);
  });

  test('that BuildKit looks for itself is none', async () => {
    const secrets = ['GIT_AUTH_TOKEN', 'GIT_AUTH_HEADER.git.example.com'];
    expect(await warningsOf('FROM a\nADD https://git.example.com/a.git /a\n', { secrets })).toEqual([]);
  });
});

test('nothing is said of a file that an unknown frontend reads', async () => {
  const dockerfile = '# syntax=example.com/frontend:1\nFROM a\n';
  const warnings = await warningsOf(dockerfile, { args: ['X'], secrets: ['y'] });
  expect(warnings.filter((warning) => /build argument|secret/.test(warning))).toEqual([]);
});

test('what a plugin adds to the Dockerfile counts', async () => {
  const adds = plugin('adds', (dock) =>
    dock.hooks.prebuild.tap('adds', (spec) => ({
      ...spec,
      dockerfile: { ...spec.dockerfile, text: `${spec.dockerfile.text}ARG X\n` },
    })),
  );
  const { result } = await tryRun([adds], { dockerfile: 'FROM scratch\n', request: { buildArgs: { X: '1' } } });
  expect(result.warnings).toEqual([]);
});
