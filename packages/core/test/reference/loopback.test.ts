import { expect, test } from '@jest/globals';
import { isLoopbackHost } from '../../src/reference/loopback.js';

test.each([
  ['localhost', true],
  ['LocalHost:5000', true],
  ['127.0.0.1', true],
  ['127.8.9.10:5000', true],
  ['::1', true],
  ['[::1]', true],
  ['[::1]:5000', true],
  ['localhost.example.com', false],
  ['127.example.com', false],
  ['127.0.0.1.example.com:80', false],
  ['127.0.0.300', false],
  ['128.0.0.1', false],
  ['[::2]:5000', false],
  ['[localhost]:5000', false],
  ['host:127', false],
  ['', false],
])('"%s" is this machine: %s', (host, is) => expect(isLoopbackHost(host)).toBe(is));
