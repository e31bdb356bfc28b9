import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { exchange, type TrustStore, trustAlso } from '../../src/client/http-exchange.js';
import { connectionError } from '../../src/client/registry-error.js';
import { type LocalServer, reply, startServer, testCa } from './fake-registry.js';

let server: LocalServer;
beforeEach(async () => {
  server = await startServer((_, response) => reply(response, 200, 'hello'), { tls: true });
});
afterEach(() => server.close());

const get = (options: { trust?: TrustStore; verifyTls: boolean }) =>
  exchange({
    url: new URL(server.origin),
    method: 'GET',
    headers: {},
    maxBytes: 100,
    signal: new AbortController().signal,
    ...options,
  });

describe('TLS verification', () => {
  test('a certificate of an unknown CA is refused, and nothing of the request arrives', async () => {
    const error: unknown = await get({ verifyTls: true }).catch((reason: unknown) => reason);
    expect(connectionError('r.example.com', 'r.example.com', error, undefined)).toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      retryable: false,
      hint: expect.stringContaining('/etc/docker/certs.d/r.example.com/ca.crt'),
    });
    expect(server.seen).toEqual([]);
  });

  test('a given CA is trusted', async () => {
    expect((await get({ verifyTls: true, trust: trustAlso([testCa]) })).body.toString()).toBe('hello');
  });

  test('an insecure host is not verified', async () => {
    expect((await get({ verifyTls: false })).status).toBe(200);
  });
});
