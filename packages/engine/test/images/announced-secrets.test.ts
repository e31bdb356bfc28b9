import { parseImageReference } from '@dock/core';
import { errorResponse, type FakeEngine, startFakeEngine } from '@dock/testing';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { credentialsOf, errorOf, portTo } from '../engine-fixture.js';
import { type LocalServer, reply, startServer } from '../../../registry/test/client/fake-registry.js';

const password = 'hunter2-hunter2';
const basic = Buffer.from(`robot:${password}`).toString('base64');
let engine: FakeEngine;
let registry: LocalServer;
beforeEach(async () => {
  engine = await startFakeEngine();
});
afterEach(async () => {
  await Promise.all([engine.stop(), registry.close()]);
});

/** What is announced while a registry is asked that repeats what it is sent. */
async function secretsOf(answer: Parameters<typeof startServer>[0]) {
  registry = await startServer(answer);
  engine.on('GET', '/distribution/{name}/json', errorResponse(401, 'unauthorized: authentication required'));
  const secrets: string[] = [];
  const port = await portTo(engine.socketPath, {
    credentials: credentialsOf({ [registry.host]: { username: 'robot', password } }),
    addSecret: (secret) => secrets.push(secret),
  });
  const reference = parseImageReference(`${registry.host}/app:1`);
  const error = await errorOf(port.probeRegistry(reference, { access: 'push' }));
  await port.close();
  return { secrets, error };
}

test('credentials that we send to a registry ourselves are announced, so that its answer can be masked', async () => {
  const { secrets, error } = await secretsOf(({ authorization = '' }, response) =>
    reply(
      response,
      401,
      { errors: [{ code: 'UNAUTHORIZED', message: `bad ${authorization}` }] },
      { 'WWW-Authenticate': 'Basic realm="x"' },
    ),
  );
  expect(error.code).toBe('AUTH_FAILED');
  expect(error.message).toContain(basic);
  expect(secrets).toEqual(expect.arrayContaining([password, basic]));
});

test('so are the access tokens that a token server gives', async () => {
  const token = 'an-access-token';
  const { secrets } = await secretsOf(({ url }, response) => {
    if (url.startsWith('/token')) reply(response, 200, { token });
    else reply(response, 401, '', { 'WWW-Authenticate': `Bearer realm="${registry.origin}/token",service="x"` });
  });
  expect(secrets).toEqual(expect.arrayContaining([password, token]));
});
