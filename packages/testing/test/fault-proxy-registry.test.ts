import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startRegistryProxy, type RegistryProxy } from '../src/index.js';
import { call } from './fake-engine-client.js';

let registry: Server;
let target = '';
let proxy: RegistryProxy;
let seen: { method: string; url: string; host: string; authorization: string | undefined; bytes: number }[];

beforeEach(async () => {
  seen = [];
  registry = createServer((incoming: IncomingMessage, outgoing) => {
    const entry = {
      method: incoming.method ?? '',
      url: incoming.url ?? '',
      host: incoming.headers.host ?? '',
      authorization: incoming.headers.authorization,
      bytes: 0,
    };
    seen.push(entry);
    incoming.on('data', (chunk: Buffer) => (entry.bytes += chunk.length));
    incoming.on('end', () => {
      if (entry.method === 'POST')
        outgoing.writeHead(202, { Location: `http://${entry.host}/v2/a/blobs/uploads/1?_state=x` }).end();
      else if (entry.url === '/elsewhere') outgoing.writeHead(307, { Location: 'http://storage.example/blob' }).end();
      else
        outgoing
          .writeHead(200, { 'Docker-Content-Digest': 'sha256:1' })
          .end(entry.method === 'HEAD' ? '' : 'x'.repeat(4000));
    });
  });
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
  target = `127.0.0.1:${(registry.address() as AddressInfo).port}`;
  proxy = await startRegistryProxy({ target });
});
afterEach(async () => {
  await proxy.stop();
  registry.closeAllConnections();
  await new Promise((resolve) => registry.close(resolve));
});

const ask = (method: string, path: string, body?: string, headers?: Record<string, string>) =>
  call({ host: '127.0.0.1', port: proxy.port }, method, path, body, headers);

describe('a registry proxy', () => {
  test('forwards under the target name and keeps uploads on itself', async () => {
    const answer = await ask('POST', '/v2/a/blobs/uploads/?from=b', 'data', { Authorization: 'Basic c2VjcmV0' });
    expect(answer.status).toBe(202);
    expect(answer.headers.location).toBe(`http://${proxy.host}/v2/a/blobs/uploads/1?_state=x`);
    expect(seen).toEqual([
      { method: 'POST', url: '/v2/a/blobs/uploads/?from=b', host: target, authorization: 'Basic c2VjcmV0', bytes: 4 },
    ]);
    expect(proxy.requests).toEqual([
      { method: 'POST', path: '/v2/a/blobs/uploads/', hasAuthorization: true, status: 202, isFaulted: false },
    ]);
    expect(JSON.stringify(proxy.requests)).not.toContain('c2VjcmV0');
  });

  test('leaves a redirect to another host alone, and answers HEAD', async () => {
    expect((await ask('GET', '/elsewhere')).headers.location).toBe('http://storage.example/blob');
    expect((await ask('HEAD', '/v2/a/manifests/1')).headers['docker-content-digest']).toBe('sha256:1');
  });

  test('answers the manifest twice with 429 and then lets it through', async () => {
    proxy.addRule({
      method: 'PUT',
      path: /\/manifests\//,
      times: 2,
      status: 429,
      headers: { 'Retry-After': '1' },
      body: '{"errors":[{"code":"TOOMANYREQUESTS"}]}',
    });
    const first = await ask('PUT', '/v2/a/manifests/1', '{}');
    expect(first).toMatchObject({ status: 429, text: '{"errors":[{"code":"TOOMANYREQUESTS"}]}' });
    expect(first.headers['retry-after']).toBe('1');
    expect((await ask('GET', '/v2/a/manifests/1')).status).toBe(200);
    expect((await ask('PUT', '/v2/a/manifests/1', '{}')).status).toBe(429);
    expect((await ask('PUT', '/v2/a/manifests/1', '{}')).status).toBe(200);
    expect(proxy.requests.map((each) => each.isFaulted)).toEqual([true, false, true, false]);
  });

  test('skips the first requests of a rule', async () => {
    proxy.addRule({ skip: 1, times: 1, status: 401 });
    expect([
      (await ask('GET', '/v2/')).status,
      (await ask('GET', '/v2/')).status,
      (await ask('GET', '/v2/')).status,
    ]).toEqual([200, 401, 200]);
  });

  test('cuts an upload at its first byte, before the registry has any of it', async () => {
    proxy.addRule({ method: 'PATCH', cutAfterBytes: 0, times: 1 });
    await expect(ask('PATCH', '/v2/a/blobs/uploads/1', 'data')).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(seen.reduce((sum, each) => sum + each.bytes, 0)).toBe(0);
    expect((await ask('PATCH', '/v2/a/blobs/uploads/1', 'data')).status).toBe(200);
  });

  test('cuts an answer in the middle', async () => {
    proxy.addRule({ cutAfterBytes: 1000 });
    const answer = await ask('GET', '/v2/a/blobs/x');
    expect(answer.error?.code).toBe('ECONNRESET');
    expect(answer.text).toHaveLength(1000);
  });

  test('throttles and delays', async () => {
    proxy.addRule({ throttleBytesPerSecond: 40_000, delayMs: 30 });
    const started = performance.now();
    expect((await ask('GET', '/v2/a/blobs/x')).text).toHaveLength(4000);
    expect(performance.now() - started).toBeGreaterThanOrEqual(110);
  });

  test('stalls until it is stopped', async () => {
    proxy.addRule({ stall: true });
    const waiting = ask('GET', '/v2/');
    waiting.catch(() => undefined);
    while (proxy.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await proxy.stop();
    await expect(waiting).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(proxy.requests[0]?.status).toBeUndefined();
    expect(seen).toEqual([]);
  });

  test('closes the connection when the registry is not there', async () => {
    registry.closeAllConnections();
    await new Promise((resolve) => registry.close(resolve));
    await expect(ask('GET', '/v2/')).rejects.toMatchObject({ code: 'ECONNRESET' });
    await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
  });
});
