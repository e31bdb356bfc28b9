import { describe, expect, test } from '@jest/globals';
import { checkedOptions } from '../../src/options/check-options.js';
import { contextName, readNamedContext, withContextPath } from '../../src/options/named-context.js';
import { parseImageReference } from '../../src/reference/parse-image-reference.js';

describe('the name of a context', () => {
  test.each([
    ['base', 'base'],
    ['alpine:latest', 'alpine'],
    ['docker.io/library/alpine', 'alpine'],
    ['docker.io/library/alpine:3', 'alpine:3'],
    ['docker.io/team/app:latest', 'team/app'],
    ['r.example/app:1', 'r.example/app:1'],
    ['Upper', undefined],
    ['', undefined],
    ['a b', undefined],
  ])('%j is %p', (text, expected) => expect(contextName(text)).toBe(expected));
});

describe('the value of a context', () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  test.each([
    ['docker-image://busybox:1', { kind: 'image', reference: parseImageReference('busybox:1') }],
    ['docker-image://scratch', { kind: 'empty' }],
    ['oci-layout:///x', { kind: 'layout', directory: '/x', tag: 'latest' }],
    ['oci-layout:///x:v1', { kind: 'layout', directory: '/x', tag: 'v1' }],
    [`oci-layout:///x@${digest}`, { kind: 'layout', directory: '/x', tag: 'latest', digest }],
    [`oci-layout:///x:v1@${digest}`, { kind: 'layout', directory: '/x', tag: 'v1', digest }],
    ['https://git.example/a.git#v1:dir', { kind: 'address', address: 'https://git.example/a.git#v1:dir' }],
    ['git@git.example:a.git', { kind: 'address', address: 'git@git.example:a.git' }],
    ['github.com/a/b', { kind: 'address', address: 'github.com/a/b' }],
    ['http://files.example/a.tar', { kind: 'address', address: 'http://files.example/a.tar' }],
    ['/src', { kind: 'directory', directory: '/src' }],
    ['../src', { kind: 'directory', directory: '../src' }],
    ['docker-image://Not An Image', { fault: 'names no image' }],
    ['oci-layout://:v1', { fault: 'names no directory' }],
    ['oci-layout:///x@sha256:1', { fault: 'has no digest after "@"' }],
    ['target:api', { fault: 'is a target, and this build has none' }],
    ['s3://bucket', { fault: 'has "s3://", which is no kind of context' }],
    ['', { fault: 'is empty' }],
  ])('%j', (text, expected) => expect(readNamedContext(text)).toEqual(expected));

  test.each([
    ['x', '/at/x'],
    ['/x', '/at//x'],
    ['oci-layout://x:1', 'oci-layout:///at/x:1'],
    [`oci-layout://x@${digest}`, `oci-layout:///at/x@${digest}`],
    ['docker-image://x', 'docker-image://x'],
    ['git@git.example:x', 'git@git.example:x'],
    ['target:x', 'target:x'],
  ])('%j has its path made absolute: %j', (text, expected) =>
    expect(withContextPath(text, (path) => `/at/${path}`)).toBe(expected),
  );
});

describe('options', () => {
  test('contexts come out under the names that builders compare', async () => {
    const contexts = { 'docker.io/library/alpine:latest': '/src' };
    expect(await checkedOptions({ contexts })).toEqual({ contexts: { alpine: '/src' } });
  });

  test.each([
    [{ contexts: { x: 'target:y' } }, 'the context "x" ("target:y") is a target'],
    [{ contexts: { 'Not a name': '/x' } }, '"Not a name" is no name of a context'],
    [{ noCacheFilter: ['a,b'] }, '"a,b" is no name of a stage'],
    [{ noCache: true, noCacheFilter: ['a'] }, 'exclude each other'],
  ])('%j is refused', async (options, words) => {
    await expect(checkedOptions(options)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining(words),
    });
  });
});
