import { describe, expect, test } from '@jest/globals';
import { cacheSources } from '../../src/options/cache-source.js';
import { checkedOptions } from '../../src/options/check-options.js';
import { canonicalHostEntry } from '../../src/options/host-entry.js';
import { canonicalPlatform } from '../../src/options/platform.js';
import { caught } from '../hooks/fixtures.js';

const own = process.arch === 'x64' ? 'amd64' : process.arch;

describe('a platform', () => {
  test.each([
    ['linux/amd64', 'linux/amd64'],
    ['arm64', 'linux/arm64'],
    ['Linux/ARM64', 'linux/arm64'],
    ['linux/arm64/v8', 'linux/arm64'],
    ['linux/arm', 'linux/arm/v7'],
    ['linux/arm/6', 'linux/arm/v6'],
    ['armhf', 'linux/arm/v7'],
    ['aarch64', 'linux/arm64'],
    ['x86_64', 'linux/amd64'],
    ['linux', `linux/${own}`],
    ['windows', `windows/${own}`],
    ['local', `${process.platform}/${own}`],
    ['wasi/wasm', 'wasi/wasm'],
    ['bogus', undefined],
    ['', undefined],
    ['linux/', undefined],
    ['linux/arm/v7/x', undefined],
    ['linux amd64', undefined],
    ['constructor', undefined],
  ])('%j is %p', (text, expected) => expect(canonicalPlatform(text)).toBe(expected));
});

describe('a line of /etc/hosts', () => {
  test.each([
    ['db:10.0.0.2', 'db:10.0.0.2'],
    ['db=10.0.0.2', 'db:10.0.0.2'],
    ['db:::1', 'db:::1'],
    ['db=::1', 'db:::1'],
    ['db:[::1]', 'db:::1'],
    ['db=[fe80::1]', 'db:fe80::1'],
    ['db:host-gateway', 'db:host-gateway'],
    ['db', undefined],
    ['db:', undefined],
    [':10.0.0.2', undefined],
    ['a:b=10.0.0.2', undefined],
    ['db:10.0.0', undefined],
    ['db:other', undefined],
    ['db:10.0.0.2 ', undefined],
  ])('%j is %p', (text, expected) => expect(canonicalHostEntry(text)).toBe(expected));
});

describe('a cache', () => {
  test.each([
    ['r.example/app:cache', ['r.example/app:cache']],
    ['a,b', ['a', 'b']],
    ['type=registry,ref=r.example/app:cache', ['r.example/app:cache']],
    ['ref=a,TYPE=registry', ['a']],
    ['"type=registry","ref=a"', ['a']],
    ['type=registry,ref=a,mode=max', ['type=registry,ref=a,mode=max']],
    ['type=gha,scope=x', ['type=gha,scope=x']],
    ['type=registry', undefined],
    ['ref=a', undefined],
    ['type=', undefined],
    ['a,', undefined],
    ['', undefined],
    ['"a', undefined],
  ])('%j is %j', (text, expected) => expect(cacheSources(text)).toEqual(expected));
});

test('options come out of the check in one form', async () => {
  expect(
    await checkedOptions({
      platforms: ['arm64'],
      addHosts: ['a=[::1]'],
      cacheFrom: ['a,b', 'type=registry,ref=c'],
      tags: ['kept'],
    }),
  ).toEqual({ platforms: ['linux/arm64'], addHosts: ['a:::1'], cacheFrom: ['a', 'b', 'c'], tags: ['kept'] });
});

test('an option that is wrong is INVALID_OPTION with the right form', async () => {
  expect(await caught(checkedOptions({ addHosts: ['a:b'] }))).toMatchObject({
    code: 'INVALID_OPTION',
    message: 'In the options of the build: "addHosts[0]": "a:b" does not say which address a host has.',
    hint: "Write addHosts: ['db:10.0.0.2'].",
  });
});
