import { describe, expect, test } from '@jest/globals';
import { encodeRegistryAuth, encodeRegistryConfig } from '../../src/credentials/registry-auth-header.js';
import type { RegistryCredential } from '@dock/core';
import { secretValues } from '../../src/credentials/secret-values.js';

const credential = (registry: string, rest: Partial<RegistryCredential>): RegistryCredential => ({
  registry,
  origin: 'test',
  ...rest,
});

/** As Go's base64.URLEncoding reads it: padding and the url-safe letters, or nothing. */
function decode(header: string): unknown {
  if (header.length % 4 !== 0 || !/^[A-Za-z0-9_-]+={0,2}$/.test(header)) throw new Error('the daemon would drop this');
  return JSON.parse(Buffer.from(header, 'base64url').toString('utf8'));
}

describe('the headers that the daemon reads', () => {
  test.each(Array.from({ length: 16 }, (_, index) => 'ÿþ?>~'.repeat(2) + 'x'.repeat(index)))(
    'a password whose JSON encodes to + and / survives: %j',
    (password) => {
      const one = credential('r.example.com', { username: 'u', password });
      expect(decode(encodeRegistryAuth(one))).toEqual({ username: 'u', password, serveraddress: 'r.example.com' });
      expect(decode(encodeRegistryConfig([one]))).toEqual({
        'r.example.com': { username: 'u', password, serveraddress: 'r.example.com' },
      });
    },
  );

  test('tokens have the names of the API', () => {
    expect(decode(encodeRegistryAuth(credential('r', { identityToken: 'i', registryToken: 't' })))).toEqual({
      identitytoken: 'i',
      registrytoken: 't',
      serveraddress: 'r',
    });
  });

  test("Docker Hub goes by its own key, and no host's credentials stand under another", () => {
    const header = encodeRegistryConfig([
      credential('docker.io', { username: 'hub', password: 'p' }),
      credential('r:5000', { username: 'r', password: 'p' }),
    ]);
    expect(decode(header)).toEqual({
      'https://index.docker.io/v1/': { username: 'hub', password: 'p', serveraddress: 'https://index.docker.io/v1/' },
      'r:5000': { username: 'r', password: 'p', serveraddress: 'r:5000' },
    });
  });

  test('no credentials are an empty object', () => {
    expect([decode(encodeRegistryAuth()), decode(encodeRegistryConfig([]))]).toEqual([{}, {}]);
  });
});

test('every secret of a credential is named for masking, the user is not', () => {
  const all = credential('r', { username: 'robot', password: 'pass', identityToken: 'idt', registryToken: 'rt' });
  expect(secretValues(all)).toEqual(['pass', 'idt', 'rt', Buffer.from('robot:pass').toString('base64')]);
  expect(secretValues(credential('r', { username: 'robot', password: '' }))).toEqual([]);
});
