import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cacheEntries, formatCache, readCaches } from '../../src/options/cache-entry.js';
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
  // The words of docker/buildx, `util/buildflags/cache_test.go`, and what it makes of them.
  test.each([
    ['r.example/app:cache', ['r.example/app:cache']],
    ['a,b', ['a', 'b']],
    ['type=registry,ref=user/app:cache', ['user/app:cache']],
    ['type=local,src=path/to/cache', ['type=local,src=path/to/cache']],
    [
      'type=s3,region=us-west-2,bucket=my_bucket,name=my_image',
      ['type=s3,region=us-west-2,bucket=my_bucket,name=my_image'],
    ],
    ['ref=a,TYPE=registry', ['a']],
    ['"type=registry","ref=a"', ['a']],
    ['type=registry,ref=a,Registry.Insecure=true', ['type=registry,ref=a,registry.insecure=true']],
    ['scope=x,type=gha', ['type=gha,scope=x']],
    ['type=local,"src=a,b"', ['type=local,"src=a,b"']],
  ])('to read from: %j is %j', (text, expected) => {
    expect(cacheEntries([text], 'from').map(formatCache)).toEqual(expected);
  });

  test.each([
    ['', 'names no cache'],
    ['a,', 'names no cache'],
    ['"a', 'has a quote out of place'],
    ['type=registry', 'has no ref'],
    ['type=local,dest=x', 'has no src'],
    ['ref=a', 'has no type'],
    ['type=', 'has no type'],
    ['type=inline', 'is inside an image'],
    ['type=oss', 'which is none of registry, local, inline, gha, s3, azblob'],
    ['type=registry,a', 'has the field "a", which is no key=value'],
    ['type=registry,ref=a,reff=b', 'did you mean "ref"?'],
  ])('to read from: %j is refused', (text, words) => {
    expect(readCaches(text, 'from')).toEqual({ fault: expect.stringContaining(words) });
  });

  test.each([
    ['type=registry,ref=a,mode=all', 'has a mode that is neither min nor max'],
    ['type=registry,ref=a,ignore-error=maybe', 'has "ignore-error" that is neither true nor false'],
    ['type=registry,ref=a,ignore-eror=true', 'did you mean "ignore-error"?'],
    ['type=local,src=x', 'has no dest'],
  ])('to write to: %j is refused', (text, words) => {
    expect(readCaches(text, 'to')).toEqual({ fault: expect.stringContaining(words) });
  });

  test('is the same after it is written and read again, whatever its attributes hold', () => {
    const attribute = fc.tuple(
      fc.constantFrom('x-a', 'x-b', 'x-c'),
      fc.string().filter((text) => text === text.trim()),
    );
    fc.assert(
      fc.property(fc.array(attribute), (entries) => {
        const entry = { type: 'gha', attributes: Object.fromEntries(entries) };
        expect(readCaches(formatCache(entry), 'to')).toEqual([entry]);
      }),
    );
  });

  test('is shown without its secrets where it is refused', async () => {
    const cacheTo = ['type=s3,secret_access_key=hidden-value,mode=all'];
    const error = await caught(checkedOptions({ cacheTo }));
    expect(JSON.stringify(error)).not.toContain('hidden-value');
  });
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
