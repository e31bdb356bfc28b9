import { describe, expect, test } from '@jest/globals';
import { parseInsecureRegistries } from '../../src/client/insecure-registries.js';

describe('which registries may be spoken to over http', () => {
  const { isInsecure } = parseInsecureRegistries([
    'r.example.com:5000',
    'http://Plain.example.com',
    '10.1.0.0/16',
    'fd00::/8',
  ]);

  test.each([
    'localhost',
    'LOCALHOST:5000',
    '127.0.0.1',
    '127.9.9.9:5000',
    '[::1]:5000',
    'r.example.com:5000',
    'plain.example.com',
    '10.1.2.3:5000',
    '[fd12::1]:5000',
  ])('%s may', (host) => {
    expect(isInsecure(host)).toBe(true);
  });

  test.each([
    'docker.io',
    'r.example.com',
    'r.example.com:5001',
    'xr.example.com:5000',
    'localhost.evil.test',
    '127.0.0.1.evil.test',
    '127.evil.test',
    '0x7f.0.0.1',
    '10.2.0.1',
    '[fe80::1]:5000',
    '10.1.0.0.evil.test',
  ])('%s may not', (host) => {
    expect(isInsecure(host)).toBe(false);
  });
});
