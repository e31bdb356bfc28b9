import { describe, expect, test } from '@jest/globals';
import {
  familiarImageReference,
  finalLabels,
  isDockError,
  onbuildTriggers,
  parseDockerfile,
  resolveBases,
  resolveBasesOf,
  type ResolveBasesOptions,
} from '../../src/index.js';

const lines = (...all: string[]): string => `${all.join('\n')}\n`;

/** `use text@stage`, with `?` for unresolved and `-` for unused. */
function summary(text: string, options: ResolveBasesOptions = {}): string[] {
  return resolveBases(parseDockerfile(text, options), options).bases.map(
    ({ use, text: image, stage, isUsed, unresolved }) =>
      `${isUsed ? '' : '-'}${unresolved === undefined ? '' : '?'}${use} ${image}@${stage ?? 'all'}`,
  );
}

describe('named contexts', () => {
  const contexts = {
    base: 'docker-image://busybox:1',
    none: 'docker-image://scratch',
    src: '/src',
    stage: '/stage',
    'alpine:3': '/alpine',
  };
  test.each<[string, string[]]>([
    ['FROM base\n', ['from base@0 busybox:1']],
    ['FROM docker.io/library/base:latest\n', ['from docker.io/library/base:latest@0 busybox:1']],
    ['FROM alpine:3\n', []],
    ['FROM none\n', []],
    [
      'FROM a\nCOPY --from=src / /\nRUN --mount=from=base,target=/t true\n',
      ['from a@0 a', 'mount-from base@0 busybox:1'],
    ],
    ['FROM a AS stage\nCOPY --from=b / /\nFROM stage\nCOPY --from=stage / /\n', []],
  ])('stand for what %j names', (text, expected) => {
    const { bases } = resolveBases(parseDockerfile(text), { contexts });
    const told = bases.map(
      ({ use, text: image, stage, reference }) =>
        `${use} ${image}@${stage} ${reference === undefined ? '' : familiarImageReference(reference)}`,
    );
    expect(told).toEqual(expected);
  });
});

describe('resolveBases', () => {
  test.each<[string, string[]]>([
    ['from fedora\n', ['from fedora@0']],
    ['FROM  a:1 AS b\nFROM c\n', ['-from a:1@0', 'from c@1']],
    ['ARG X=1\nFROM img:$X\n', ['from img:1@0']],
    ['ARG A=x\nARG B=${A}y\nFROM ${B:-none}:${C:-1}\n', ['from xy:1@0']],
    ['ARG B="quoted"\nFROM "$B"\n', ['from quoted@0']],
    ['ARG V=3.20.1\nFROM alpine:${V%.*}\n', ['from alpine:3.20@0']],
    ['ARG R=reg.io/a_b\nFROM ${R//_/-}/c\n', ['from reg.io/a-b/c@0']],
    ['FROM scratch\nCOPY --from=busybox:1 /bin/sh /\n', ['copy-from busybox:1@0']],
    ['FROM a AS Build\nFROM b\nCOPY --from=BUILD x /\n', ['from a@0', 'from b@1']],
    ['FROM a\nFROM b\nCOPY --from=0 x /\n', ['from a@0', 'from b@1']],
    ['FROM a\nCOPY --from=5 x /\n', ['from a@0', '?copy-from 5@0']],
    ['ARG I=c\nFROM a\nCOPY --from=$I x /\n', ['from a@0', '?copy-from $I@0']],
    ['FROM a AS x\nFROM x AS y\nFROM y\n', ['from a@0']],
    ['FROM a AS x\nFROM b AS x\nFROM x\n', ['-from a@0', 'from b@1']],
    [
      'FROM a\nRUN --mount=type=bind,from=tools:2,target=/t --mount=type=cache,target=/c true\n',
      ['from a@0', 'mount-from tools:2@0'],
    ],
    [
      'FROM a\nRUN --mount=from=b --mount=type=tmpfs,from=c,target=/x --mount=type=secret,id=s true\n',
      ['from a@0', 'mount-from b@0'],
    ],
    ['FROM a AS t\nFROM b\nRUN --mount=from=t,target=/t true\n', ['from a@0', 'from b@1']],
    ['FROM a\nRUN --mount="type=bind,\\"from=q:1\\",target=/x" true\n', ['from a@0', 'mount-from q:1@0']],
    ['# syntax=docker/dockerfile:1.7-labs\nFROM a\n', ['syntax docker/dockerfile:1.7-labs@all', 'from a@0']],
    ['# syntax=example.com/front\nFROM a\n', ['syntax example.com/front@all']],
    ['FROM $NOTHING\n', ['?from $NOTHING@0']],
    ['FROM Upper/Case:1:2\n', ['?from Upper/Case:1:2@0']],
    ['FROM ${X:?unset}\n', ['?from ${X:?unset}@0']],
    ['FROM a-$TARGETARCH\n', ['?from a-$TARGETARCH@0']],
    ['ARG P=$BUILDPLATFORM\nFROM a:$P\n', ['?from a:$P@0']],
    ['FROM a AS b\nONBUILD COPY --from=c x /\nFROM b\n', ['from a@0', 'copy-from c@1']],
  ])('of %j are %j', (text, expected) => {
    expect(summary(text)).toEqual(expected);
  });

  test('build arguments win over defaults, and cannot set what no ARG declares', () => {
    const text = 'ARG BASE=centos\nFROM $BASE\nFROM x$OTHER\n';
    expect(summary(text, { buildArgs: { BASE: 'fedora:latest', OTHER: 'y' }, target: '' })).toEqual([
      '-from fedora:latest@0',
      'from x@1',
    ]);
  });

  test.each([
    ['linux/arm64/v8', 'linux/arm64 linux arm64 '],
    ['linux/arm', 'linux/arm/v7 linux arm v7'],
    ['aarch64', 'linux/arm64 linux arm64 '],
    ['windows/amd64', 'windows/amd64 windows amd64 '],
  ])('the platform %s gives the predefined arguments %s', (targetPlatform, expected) => {
    const text =
      'ARG ALL="$TARGETPLATFORM $TARGETOS $TARGETARCH $TARGETVARIANT"\nFROM scratch\nARG ALL\nLABEL all=$ALL\n';
    expect(finalLabels(parseDockerfile(text), { targetPlatform })).toEqual({
      labels: { all: expected },
      unresolved: {},
    });
  });

  test.each([
    ['$UNSET', true],
    ['${UNSET:-nonsense/nope/x/y}', true],
    ['linux/amd64,linux/arm64', true],
    ['$BUILDPLATFORM', undefined],
    ['linux/arm64', undefined],
    ['amd64', undefined],
    ['', undefined],
  ])('says whether a platform of FROM is one: %j', (platform, isBad) => {
    const [base] = resolveBases(parseDockerfile(`FROM --platform=${platform} a\n`)).bases;
    expect(base).toMatchObject({ text: 'a', reference: { repository: 'library/a' } });
    expect(base?.hasBadPlatform).toBe(isBad);
  });

  test('a platform of FROM is expanded', () => {
    const { bases } = resolveBases(parseDockerfile('FROM --platform=$BUILDPLATFORM a\n'), {
      buildPlatform: 'linux/amd64',
    });
    expect(bases).toMatchObject([
      { platform: 'linux/amd64', text: 'a', line: 1, reference: { registry: 'docker.io', repository: 'library/a' } },
    ]);
  });

  const multi = lines(
    'FROM base AS build',
    'FROM tools AS test',
    'COPY --from=build a b',
    'FROM base2',
    'COPY --from=build a b',
  );

  test('the target decides which stages are used, by the rules of the builder', () => {
    expect(summary(multi)).toEqual(['from base@0', '-from tools@1', 'from base2@2']);
    expect(summary(multi, { target: 'TEST' })).toEqual(['from base@0', 'from tools@1', '-from base2@2']);
    expect(summary(multi, { target: 'build' })).toEqual(['from base@0', '-from tools@1', '-from base2@2']);
    expect(summary(multi, { builder: 'classic' })).toEqual(['from base@0', 'from tools@1', 'from base2@2']);
  });

  test('a target that is not there is refused with the names that are', () => {
    let caught: unknown;
    try {
      resolveBases(parseDockerfile(multi), { target: 'nope' });
    } catch (error) {
      caught = error;
    }
    if (!isDockError(caught)) throw new Error('nothing was thrown');
    expect(caught).toMatchObject({ code: 'INVALID_OPTION', hint: 'Its stages are "build", "test".' });
  });

  test('ONBUILD triggers of a base add their images', () => {
    const text = 'FROM trig\n';
    const onbuild = (): string[] => ['COPY --from=extra:1 /a /b', 'RUN --mount=from=more,target=/m true'];
    expect(summary(text, { onbuild })).toEqual(['from trig@0', 'copy-from extra:1@0', 'mount-from more@0']);
  });

  test('a trigger is one instruction', () => {
    expect(onbuildTriggers(['RUN x \\\n y'])).toMatchObject([{ keyword: 'RUN', value: 'x  y' }]);
    expect(() => onbuildTriggers(['RUN x\nRUN y'], '"img"')).toThrow('is not one instruction');
  });

  test('what is used and not known is a warning', () => {
    const { warnings } = resolveBases(parseDockerfile('FROM a$TARGETARCH\n'));
    expect(warnings).toEqual([
      'The image "a$TARGETARCH" of line 1 is not known before the build: the value of "TARGETARCH" is not known: it depends on the target platform.',
    ]);
  });

  test('the classic builder predefines nothing and mounts nothing', () => {
    expect(summary('FROM a$TARGETARCH\nRUN --mount=from=b,target=/b true\n', { builder: 'classic' })).toEqual([
      'from a@0',
      '-mount-from b@0',
    ]);
  });
});

describe('finalLabels', () => {
  test('reads the target and the stages it is based on, and no others', () => {
    const text = lines(
      'FROM x AS other',
      'LABEL spam=1',
      'FROM scratch AS base',
      'LABEL eggs=1 ham=2',
      'FROM base',
      'LABEL eggs=3',
    );
    expect(finalLabels(parseDockerfile(text)).labels).toEqual({ eggs: '3', ham: '2' });
    expect(finalLabels(parseDockerfile(text), { target: 'other' }).labels).toEqual({ spam: '1' });
  });

  test('a global ARG is seen in a stage only once it is declared there', () => {
    const text = lines(
      'ARG foo="baz"',
      'ARG not=used',
      'FROM scratch',
      'ARG foo',
      'ARG bar=d',
      'ENV e=$foo',
      'LABEL l="$foo $bar $not $e" "$foo"=k',
    );
    expect(finalLabels(parseDockerfile(text), { buildArgs: { bar: 'b' } }).labels).toEqual({
      l: 'baz b  baz',
      baz: 'k',
    });
  });

  test('a label that the base image decides is unresolved unless its environment is given', () => {
    const dockerfile = parseDockerfile('FROM parent\nENV foo="$bar"\nLABEL a=$foo b=1\n');
    expect(finalLabels(dockerfile)).toEqual({
      labels: { b: '1' },
      unresolved: { a: expect.stringContaining('the base image may set it') },
    });
    expect(finalLabels(dockerfile, { baseEnv: { bar: 'baz' } })).toEqual({
      labels: { a: 'baz', b: '1' },
      unresolved: {},
    });
  });

  test('names such as __proto__ are only names', () => {
    const { labels } = finalLabels(parseDockerfile('FROM scratch\nLABEL __proto__=x constructor=y\n'));
    expect(Object.entries(labels)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });
});

test('the bases of several platforms are all there, and each once', () => {
  const text = 'FROM a:$TARGETARCH AS arm64\nFROM b AS amd64\nFROM $TARGETARCH\nCOPY --from=c /x /x\n';
  const of = (platforms: readonly string[]) =>
    resolveBasesOf(parseDockerfile(text), {}, platforms).bases.flatMap(({ text: name, isUsed }) =>
      isUsed ? [name] : [],
    );
  expect(of(['linux/amd64'])).toEqual(['b', 'c']);
  expect(of(['linux/amd64', 'linux/arm64'])).toEqual(['b', 'c', 'a:arm64']);
});
