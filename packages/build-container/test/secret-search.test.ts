import { expect, test } from '@jest/globals';
import { createSecretSearch, maskerOf } from '../src/host/secret-search.js';

const secret = 'ge-heim-é-7/2';

/** What a search says of bytes that come in pieces of this size. */
function finds(bytes: Buffer, size: number, secrets: readonly string[] = [secret]): boolean {
  const search = createSecretSearch(maskerOf(secrets));
  for (let at = 0; at < bytes.length; at += size) search.push(bytes.subarray(at, at + size));
  return search.end();
}

test.each([
  ['plain', Buffer.from(`a ${secret} b`)],
  ['at the very end', Buffer.from(`ab${secret}`)],
  ['in Latin-1', Buffer.from(`a ${secret} b`, 'latin1')],
  ['in base64', Buffer.from(Buffer.from(`note: ${secret}, so`).toString('base64'))],
])('a secret is found %s, however the bytes are cut', (_, bytes) => {
  for (let size = 1; size <= bytes.length; size++) expect(finds(bytes, size)).toBe(true);
});

test('a secret of stars is found, though its mask is of stars too', () => {
  for (const text of ['***** ', 'a *****', '*****']) expect(finds(Buffer.from(text), 2, ['*****'])).toBe(true);
});

test.each([Buffer.from(`a ${secret.slice(0, -1)}`), Buffer.from([0xff, 0xc3, 0x28, 0x00]), Buffer.alloc(0)])(
  'nothing is found in what holds no secret: %j',
  (bytes) => {
    for (const size of [1, 2, 100]) expect(finds(bytes, size)).toBe(false);
  },
);
