import { formatImageReference } from '@dock/core';
import { describe, expect, test } from '@jest/globals';
import { pullBaseOptionsSchema, type PullBaseOptions } from '../src/pull-base-options.js';
import { baseSources } from '../src/registry-rules.js';
import { specOf } from './spec-of.js';

function sourcesOf(dockerfile: string, options: PullBaseOptions): string[][] {
  const sources = baseSources(specOf(dockerfile).bases, pullBaseOptionsSchema.parse(options));
  return sources.map(({ candidates }) => candidates.map(formatImageReference));
}

describe('where a base is taken from', () => {
  test.each([
    ['fedora:20', ['p:5000/fedora:20', 'p:5000/library/fedora:20']],
    ['library/fedora:20', ['p:5000/library/fedora:20']],
    ['jpetazzo/dind', ['p:5000/jpetazzo/dind']],
    ['spam/library-only:latest', ['p:5000/spam/library-only:latest']],
    ['docker.io/a/b:1', ['p:5000/a/b:1']],
    ['p:5000/namespace/repo:tag', ['p:5000/namespace/repo:tag']],
    [
      `busybox@sha256:${'a'.repeat(64)}`,
      [`p:5000/busybox@sha256:${'a'.repeat(64)}`, `p:5000/library/busybox@sha256:${'a'.repeat(64)}`],
    ],
  ])('with a parent registry "%s" comes from %j', (name, expected) => {
    expect(sourcesOf(`FROM ${name}\n`, { parentRegistry: 'p:5000' })).toEqual([expected]);
  });

  test('a parent registry may have a prefix, and serves every stage', () => {
    const dockerfile = 'FROM a/b AS one\nFROM busybox:1\nCOPY --from=one /x /x\nCOPY --from=c/d:2 /y /y\n';
    expect(sourcesOf(dockerfile, { parentRegistry: 'p.example/hub/' })).toEqual([
      ['p.example/hub/a/b'],
      ['p.example/hub/busybox:1', 'p.example/hub/library/busybox:1'],
      ['p.example/hub/c/d:2'],
    ]);
  });

  test('without one every base comes from where it says', () => {
    expect(sourcesOf('FROM fedora:20\n', {})).toEqual([['docker.io/library/fedora:20']]);
  });

  test('a frontend is never looked for in the parent registry', () => {
    const dockerfile = '# syntax=docker/dockerfile:1\nFROM busybox:1\n';
    expect(sourcesOf(dockerfile, { parentRegistry: 'p:5000' })[0]).toEqual(['docker.io/docker/dockerfile:1']);
  });
});

describe('which registries are allowed', () => {
  const dockerfile =
    'FROM good.example/a AS a\nFROM evil.example/b:2 AS b\nFROM busybox\nCOPY --from=a /x /x\nCOPY --from=b /x /y\n';

  test('names every offending image of every stage, and only those', () => {
    expect(() => sourcesOf(dockerfile, { allowedRegistries: ['good.example'] })).toThrow(
      expect.objectContaining({
        code: 'REGISTRY_NOT_ALLOWED',
        exitStatus: 2,
        message: '"evil.example/b:2" (line 2), "busybox" (line 3): expected registry "good.example".',
        details: { images: ['evil.example/b:2', 'busybox'], allowed: ['good.example'] },
      }),
    );
  });

  test.each([
    [['good.example', 'evil.example', 'docker.io']],
    [['good.example/a', 'evil.example/b', 'docker.io/library']],
    [['good.example', 'evil.example', 'index.docker.io/library/']],
  ])('passes with %j', (allowedRegistries) => {
    expect(sourcesOf(dockerfile, { allowedRegistries })).toHaveLength(3);
  });

  test.each([['good.example:5000'], ['xgood.example'], ['good.example/ab']])(
    'is by the exact host and whole path parts: "%s" does not allow good.example/a',
    (allowed) => {
      expect(() => sourcesOf('FROM good.example/a\n', { allowedRegistries: [allowed] })).toThrow('good.example/a');
    },
  );

  test('counts a base after its ARG is filled in', () => {
    expect(() => sourcesOf('ARG R=evil.example\nFROM $R/x\n', { allowedRegistries: ['good.example'] })).toThrow(
      '"evil.example/x"',
    );
  });

  test('counts frontends too', () => {
    expect(() =>
      sourcesOf('# syntax=docker/dockerfile:1\nFROM good.example/a\n', { allowedRegistries: ['good.example'] }),
    ).toThrow('"docker/dockerfile:1"');
  });

  test('a parent registry refuses a base of another registry, unless that is allowed', () => {
    const other = 'FROM busybox\nCOPY --from=quay.example/x/y:1 /a /a\n';
    expect(() => sourcesOf(other, { parentRegistry: 'different.registry:5000' })).toThrow(
      '"quay.example/x/y:1" (line 2): expected registry "different.registry:5000".',
    );
    expect(sourcesOf(other, { parentRegistry: 'p:5000', allowedRegistries: ['quay.example'] })).toHaveLength(2);
  });
});
