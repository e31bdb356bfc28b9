import net, { type AddressInfo } from 'node:net';
import type { ImageReference } from '@dock/core';
import { DockError, isDockError } from '@dock/core';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { RegistryCredential } from '@dock/core';
import type { RegistryClientOptions } from '../../src/client/registry-calls.js';
import { ConnectDeadline } from '../../src/client/http-exchange.js';
import { createRegistryClient } from '../../src/client/registry-client.js';
import { isNoWay, RegistryDeadline } from '../../src/client/registry-error.js';
import { ClosedOrigins } from '../../src/client/registry-session.js';
import {
  digestOf,
  imageConfig,
  imageManifest,
  type LocalServer,
  reply,
  type SeenRequest,
  startServer,
  storeOf,
  testCa,
} from './fake-registry.js';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function start(...parameters: Parameters<typeof startServer>): Promise<LocalServer> {
  const server = await startServer(...parameters);
  open.push(server);
  return server;
}

const client = (options: Partial<RegistryClientOptions> = {}) =>
  createRegistryClient({ credentials: storeOf(), timeoutMs: 5000, ...options });

const robot = (
  registry: string,
  rest: Partial<RegistryCredential> = { username: 'robot', password: 'S3CRET:x' },
): RegistryCredential => ({
  registry,
  origin: 'auths "h" of ~/.docker/config.json',
  ...rest,
});
const basicRobot = `Basic ${Buffer.from('robot:S3CRET:x').toString('base64')}`;

const reference = (registry: string, rest: Partial<ImageReference> = { tag: '1' }): ImageReference => ({
  registry,
  repository: 'team/app',
  ...rest,
});

const manifestText = JSON.stringify(imageManifest);
const manifestHeaders = { 'content-type': imageManifest.mediaType, 'docker-content-digest': digestOf(manifestText) };

async function failure(promise: Promise<unknown>) {
  const error = await promise.then(
    (value) => ({ value }),
    (reason: unknown) => reason,
  );
  if (!isDockError(error)) throw new Error(`did not fail with a DockError: ${JSON.stringify(error)} ${String(error)}`);
  return error;
}

describe('manifests', () => {
  test('one image: digest of the bytes, config digest, size', async () => {
    const server = await start((_, response) => reply(response, 200, manifestText, manifestHeaders));
    expect(await client().getManifest(reference(server.host))).toEqual({
      digest: digestOf(manifestText),
      mediaType: imageManifest.mediaType,
      size: manifestText.length,
      manifest: imageManifest,
      configDigest: digestOf(imageConfig),
      platforms: [],
    });
    expect(server.seen.map(({ url }) => url)).toEqual(['/v2/team/app/manifests/1']);
  });

  test('an index: its platforms without attestations', async () => {
    const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
    const entry = { mediaType: imageManifest.mediaType, size: 5 };
    const index = JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.docker.distribution.manifest.list.v2+json',
      manifests: [
        { ...entry, digest: digest('a'), platform: { os: 'linux', architecture: 'amd64' } },
        { ...entry, digest: digest('b'), platform: { os: 'linux', architecture: 'arm', variant: 'v7' } },
        {
          ...entry,
          digest: digest('c'),
          platform: { os: 'unknown', architecture: 'unknown' },
          annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
        },
      ],
    });
    const server = await start((_, response) => reply(response, 200, index, { 'content-type': 'application/json' }));
    const found = await client().getManifest(reference(server.host, {}));
    expect(found).toMatchObject({ mediaType: 'application/vnd.docker.distribution.manifest.list.v2+json' });
    expect(found).not.toHaveProperty('configDigest');
    expect(found?.platforms).toEqual([
      { platform: 'linux/amd64', digest: digest('a') },
      { platform: 'linux/arm/v7', digest: digest('b') },
    ]);
    expect(server.seen[0]?.url).toBe('/v2/team/app/manifests/latest');
  });

  test('a digest in the reference is asked for and checked', async () => {
    const server = await start((_, response) =>
      reply(response, 200, manifestText, { 'content-type': imageManifest.mediaType }),
    );
    const digest = digestOf(manifestText);
    expect(await client().getManifest(reference(server.host, { tag: '1', digest }))).toMatchObject({ digest });
    expect(server.seen[0]?.url).toBe(`/v2/team/app/manifests/${digest}`);
    const other = `sha256:${'0'.repeat(64)}`;
    const error = await failure(client().getManifest(reference(server.host, { digest: other })));
    expect([error.code, error.retryable]).toEqual(['DIGEST_MISMATCH', false]);
    expect(error.message).toContain(other);
  });

  test.each([
    ['a digest header', manifestText],
    ['a digest header, and no JSON', 'x'],
  ])('%s for other bytes is DIGEST_MISMATCH, with both digests', async (_, body) => {
    const announced = `sha256:${'1'.repeat(64)}`;
    const server = await start((__, response) =>
      reply(response, 200, body, { ...manifestHeaders, 'docker-content-digest': announced }),
    );
    const error = await failure(client().getManifest(reference(server.host)));
    expect([error.code, error.retryable]).toEqual(['DIGEST_MISMATCH', false]);
    expect(error.details).toEqual({ host: server.host, announced, found: digestOf(body) });
  });

  test('an image without layers is taken', async () => {
    const text = JSON.stringify({ ...imageManifest, layers: [] });
    const server = await start((_, response) =>
      reply(response, 200, text, { 'content-type': imageManifest.mediaType }),
    );
    expect(await client().getManifest(reference(server.host))).toMatchObject({ digest: digestOf(text) });
  });

  test.each([
    ['no JSON without digest header', '{', { 'content-type': imageManifest.mediaType }, 'is not JSON'],
    ['an HTML page', '{}', { 'content-type': 'text/html' }, 'media type "text/html"'],
    ['two media types', manifestText, { 'content-type': 'application/vnd.oci.image.index.v1+json' }, 'but is sent as'],
    [
      'image and index at once',
      JSON.stringify({ ...imageManifest, manifests: [] }),
      { 'content-type': imageManifest.mediaType },
      'at once',
    ],
    [
      'a broken config digest',
      manifestText.replace('sha256:', 'sha256:zz'),
      { 'content-type': imageManifest.mediaType },
      '"config.digest"',
    ],
  ])('%s is a REGISTRY_ERROR', async (_, body, headers: Record<string, string>, expected) => {
    const server = await start((__, response) => reply(response, 200, body, headers));
    const error = await failure(client().getManifest(reference(server.host)));
    expect(error.code).toBe('REGISTRY_ERROR');
    expect(error.message).toContain(expected);
    expect(error.message).toContain(server.host);
  });

  test.each(['announced', 'not announced'])('more than 4 MiB is refused, length %s', async (kind) => {
    const server = await start((_, response) => {
      const body = Buffer.alloc(4 * 1024 * 1024 + 1, 32);
      response.writeHead(
        200,
        kind === 'announced' ? { ...manifestHeaders, 'content-length': `${body.length}` } : manifestHeaders,
      );
      response.end(body);
    });
    const error = await failure(client().getManifest(reference(server.host)));
    expect(error.code).toBe('REGISTRY_ERROR');
    expect(error.message).toContain('more than 4194304 bytes');
  });

  test('404 is undefined, for both questions', async () => {
    const server = await start((_, response) => reply(response, 404, { errors: [{ code: 'MANIFEST_UNKNOWN' }] }));
    expect(await client().getManifest(reference(server.host))).toBeUndefined();
    expect(await client().getConfig(reference(server.host), digestOf('x'))).toBeUndefined();
  });

  test.each([
    { repository: '../../x' },
    { repository: 'a//b' },
    { repository: 'a?x=y' },
    { tag: 'a/b' },
    { tag: '../x' },
    { digest: 'sha256:short' },
    { registry: 'h/../x' },
    { registry: 'user@h' },
  ])('%j never becomes a URL', async (wrong) => {
    const server = await start((_, response) => reply(response, 200));
    const error = await failure(client().getManifest({ ...reference(server.host), ...wrong }));
    expect(error.code).toBe('INVALID_IMAGE_NAME');
    expect(server.seen).toEqual([]);
  });
});

describe('configs', () => {
  test('the config is read and checked against its digest', async () => {
    const server = await start((_, response) => reply(response, 200, imageConfig));
    const digest = digestOf(imageConfig);
    expect(await client().getConfig(reference(server.host), digest)).toMatchObject({ architecture: 'amd64' });
    const error = await failure(client().getConfig(reference(server.host), digestOf('other')));
    expect(error.code).toBe('DIGEST_MISMATCH');
    expect(error.details).toMatchObject({ announced: digestOf('other'), found: digest });
  });

  test('a redirect to another host is followed without credentials', async () => {
    const storage = await start((_, response) => reply(response, 200, imageConfig));
    const server = await start((request, response) => {
      if (request.authorization === undefined) reply(response, 401, '', { 'www-authenticate': 'Basic realm="r"' });
      else reply(response, 307, '', { location: `${storage.origin}/blob?signature=1` });
    });
    const credentials = storeOf(robot(server.host), robot(storage.host));
    const digest = digestOf(imageConfig);
    expect(await client({ credentials }).getConfig(reference(server.host), digest)).toMatchObject({ os: 'linux' });
    expect(server.seen.at(-1)?.authorization).toBe(basicRobot);
    expect(storage.seen.map(({ authorization }) => authorization)).toEqual([undefined]);
    expect(credentials.asked).toEqual([server.host]);
  });

  test('a 401 behind a redirect is not answered with credentials', async () => {
    const evil = await start((_, response) => reply(response, 401, '', { 'www-authenticate': 'Basic realm="r"' }));
    const server = await start((_, response) => reply(response, 302, '', { location: evil.origin }));
    const credentials = storeOf(robot(server.host), robot(evil.host));
    expect((await failure(client({ credentials }).getManifest(reference(server.host)))).code).toBe('AUTH_FAILED');
    expect(evil.seen.map(({ authorization }) => authorization)).toEqual([undefined]);
  });

  test.each(['http://registry.invalid/x', 'file:///etc/passwd', 'ftp://127.0.0.1/x'])(
    'a redirect to %s is refused',
    async (location) => {
      const server = await start((_, response) => reply(response, 302, '', { location }));
      const error = await failure(client().getManifest(reference(server.host)));
      expect([error.code, error.message]).toEqual(['REGISTRY_ERROR', expect.stringContaining('not https')]);
    },
  );

  test('an endless redirect ends', async () => {
    const server = await start((_, response) => reply(response, 302, '', { location: '/again' }));
    expect((await failure(client().getManifest(reference(server.host)))).message).toContain(
      'redirects more than 5 times',
    );
  });
});

describe('basic authentication', () => {
  const basicRegistry = (accepted: string) =>
    start((request, response) => {
      if (request.authorization === accepted) reply(response, 200, manifestText, manifestHeaders);
      else
        reply(
          response,
          401,
          { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] },
          { 'www-authenticate': 'Basic realm="r"' },
        );
    });

  test('credentials go to a host that asks, and only then', async () => {
    const server = await basicRegistry(basicRobot);
    const credentials = storeOf(robot(server.host));
    expect(await client({ credentials }).getManifest(reference(server.host))).toMatchObject({
      size: manifestText.length,
    });
    expect(server.seen.map(({ authorization }) => authorization)).toEqual([undefined, basicRobot]);
    const free = await start((_, response) => reply(response, 200, manifestText, manifestHeaders));
    const unused = storeOf(robot(free.host));
    await client({ credentials: unused }).getManifest(reference(free.host));
    expect([unused.asked, free.seen[0]?.authorization]).toEqual([[], undefined]);
  });

  test('credentials of one host never go to another', async () => {
    const evil = await basicRegistry('never');
    const good = await basicRegistry(basicRobot);
    const error = await failure(client({ credentials: storeOf(robot(good.host)) }).getManifest(reference(evil.host)));
    expect(error.code).toBe('AUTH_FAILED');
    expect(evil.seen.map(({ authorization }) => authorization)).toEqual([undefined]);
  });

  test('a refusal names the host and where the credentials come from, not what they are', async () => {
    const server = await basicRegistry('never');
    const error = await failure(
      client({ credentials: storeOf(robot(server.host)) }).getManifest(reference(server.host)),
    );
    expect(error.code).toBe('AUTH_FAILED');
    expect(error.exitStatus).toBe(4);
    expect(error.message).toContain(
      `credentials were sent for "${server.host}" from auths "h" of ~/.docker/config.json`,
    );
    expect(error.message).toContain('UNAUTHORIZED authentication required');
    expect(error.details).toMatchObject({ host: server.host, status: 401, credentialsSent: true });
    expect(JSON.stringify([error.message, error.hint, error.details, error.stack])).not.toMatch(/S3CRET|cm9ib3Q/);
    const anonymous = await failure(client().getManifest(reference(server.host)));
    expect(anonymous.message).toContain(`no credentials are stored for "${server.host}"`);
    expect(anonymous.hint).toContain(`docker login ${server.host}`);
  });

  test('stored credentials are asked for again on each call', async () => {
    const server = await basicRegistry(basicRobot);
    const credentials = storeOf(robot(server.host));
    const registry = client({ credentials });
    await registry.getManifest(reference(server.host));
    await registry.getManifest(reference(server.host));
    expect(credentials.asked).toEqual([server.host, server.host]);
  });
});

/** A token server and a registry that wants its tokens. */
async function tokenRegistry(
  accepts: (request: SeenRequest) => string | undefined,
  options: { realm?: string; scope?: string } = {},
) {
  const tokens = await start((request, response) => {
    const token = accepts(request);
    if (token === undefined) reply(response, 401, { errors: [{ code: 'UNAUTHORIZED', message: 'wrong' }] });
    else reply(response, 200, request.method === 'POST' ? { access_token: token } : { token });
  });
  const scope = options.scope === undefined ? '' : `,scope="${options.scope}"`;
  const challenge = `Bearer realm="${options.realm ?? `${tokens.origin}/token?static=1`}",service="registry, of tests"${scope}`;
  const server = await start((request, response) => {
    if (request.authorization?.startsWith('Bearer good') === true) reply(response, 200, manifestText, manifestHeaders);
    else reply(response, 401, '', { 'www-authenticate': challenge });
  });
  return { tokens, server };
}

const jwt = (access: unknown): string =>
  `good.${Buffer.from(JSON.stringify({ access })).toString('base64url')}.signature`;

describe('token authentication', () => {
  test('user and password go to the realm, the token to the registry', async () => {
    const { tokens, server } = await tokenRegistry(
      ({ authorization }) => (authorization === basicRobot ? 'good' : undefined),
      {
        scope: 'repository:team/app:pull',
      },
    );
    expect(
      await client({ credentials: storeOf(robot(server.host)) }).getManifest(reference(server.host)),
    ).toBeDefined();
    const asked = new URL(tokens.seen[0]?.url ?? '', tokens.origin);
    expect(Object.fromEntries(asked.searchParams)).toEqual({
      static: '1',
      service: 'registry, of tests',
      scope: 'repository:team/app:pull',
      account: 'robot',
    });
    expect(server.seen.map(({ authorization }) => authorization)).toEqual([undefined, 'Bearer good']);
  });

  test('without credentials an anonymous token is asked for', async () => {
    const { tokens, server } = await tokenRegistry(() => 'good');
    expect(await client().getManifest(reference(server.host))).toBeDefined();
    expect(tokens.seen.map(({ authorization }) => authorization)).toEqual([undefined]);
    expect(new URL(tokens.seen[0]?.url ?? '', tokens.origin).searchParams.get('scope')).toBe(
      'repository:team/app:pull',
    );
  });

  test('an identity token is traded by POST and stays out of the URL', async () => {
    const { tokens, server } = await tokenRegistry(({ body }) =>
      body.includes('refresh_token=R3FRESH') ? 'good' : undefined,
    );
    const credentials = storeOf(robot(server.host, { identityToken: 'R3FRESH' }));
    expect(await client({ credentials }).getManifest(reference(server.host))).toBeDefined();
    const [asked] = tokens.seen;
    expect(asked).toMatchObject({ method: 'POST', authorization: undefined });
    expect(Object.fromEntries(new URLSearchParams(asked?.body))).toMatchObject({
      grant_type: 'refresh_token',
      service: 'registry, of tests',
      scope: 'repository:team/app:pull',
    });
    expect(asked?.url).not.toContain('R3FRESH');
  });

  test('a registry token is sent as it is', async () => {
    const { tokens, server } = await tokenRegistry(() => undefined);
    const credentials = storeOf(robot(server.host, { registryToken: 'good-one' }));
    expect(await client({ credentials }).getManifest(reference(server.host))).toBeDefined();
    expect(tokens.seen).toEqual([]);
  });

  test('credentials that the realm refuses are AUTH_FAILED', async () => {
    const { server } = await tokenRegistry(() => undefined);
    const error = await failure(
      client({ credentials: storeOf(robot(server.host)) }).getManifest(reference(server.host)),
    );
    expect([error.code, error.message]).toEqual(['AUTH_FAILED', expect.stringContaining('credentials were sent')]);
  });

  test.each(['http://auth.example.com/token', 'ftp://127.0.0.1/token', 'nonsense', 'https://u:p@127.0.0.1:1/token'])(
    'the realm %s gets no credentials',
    async (realm) => {
      const { server } = await tokenRegistry(() => 'good', { realm });
      const error = await failure(
        client({ credentials: storeOf(robot(server.host)) }).getManifest(reference(server.host)),
      );
      expect([error.code, error.message]).toEqual(['REGISTRY_ERROR', expect.stringContaining('token server')]);
    },
  );

  test('a realm that redirects gets no further', async () => {
    const evil = await start((_, response) => reply(response, 200, { token: 'good' }));
    const realm = await start((_, response) => reply(response, 302, '', { location: evil.origin }));
    const { server } = await tokenRegistry(() => 'good', { realm: `${realm.origin}/token` });
    const error = await failure(
      client({ credentials: storeOf(robot(server.host)) }).getManifest(reference(server.host)),
    );
    expect(error.code).toBe('REGISTRY_ERROR');
    expect(evil.seen).toEqual([]);
  });

  test.each([
    ['no JSON', 'x'],
    ['no token', '{}'],
    ['a token with a line break', '{"token":"a\\r\\nX-Evil: 1"}'],
  ])('a realm that answers %s is a REGISTRY_ERROR', async (_, body) => {
    const realm = await start((__, response) => reply(response, 200, body));
    const { server } = await tokenRegistry(() => 'good', { realm: realm.origin });
    expect((await failure(client().getManifest(reference(server.host)))).code).toBe('REGISTRY_ERROR');
  });
});

describe('ping', () => {
  test('an open registry', async () => {
    const server = await start((_, response) => reply(response, 200, {}));
    expect(await client().ping(server.host)).toEqual({
      registry: server.host,
      auth: 'none',
      hasCredentials: false,
      access: 'unknown',
    });
  });

  test('basic: accepted credentials, refused ones, and none', async () => {
    const server = await start(({ authorization }, response) =>
      reply(response, authorization === basicRobot ? 200 : 401, '', { 'www-authenticate': 'Basic realm="r"' }),
    );
    expect(await client({ credentials: storeOf(robot(server.host)) }).ping(server.host)).toEqual({
      registry: server.host,
      auth: 'basic',
      hasCredentials: true,
      credentialOrigin: 'auths "h" of ~/.docker/config.json',
      access: 'unknown',
    });
    const wrong = storeOf(robot(server.host, { username: 'robot', password: 'wrong' }));
    expect((await failure(client({ credentials: wrong }).ping(server.host))).code).toBe('AUTH_FAILED');
    expect((await failure(client().ping(server.host))).code).toBe('AUTH_FAILED');
  });

  test('token: the right to push is asked for by scope and read from the token', async () => {
    const grants = (actions: string[]) => [{ type: 'repository', name: 'team/app', actions }];
    const mayPush = await tokenRegistry(() => jwt(grants(['pull', 'push'])));
    const push = { repository: 'team/app', access: 'push' } as const;
    expect(await client().ping(mayPush.server.host, push)).toMatchObject({ auth: 'bearer', access: 'granted' });
    const asked = new URL(mayPush.tokens.seen[0]?.url ?? '', mayPush.tokens.origin);
    expect(asked.searchParams.get('scope')).toBe('repository:team/app:pull,push');
    const mayPull = await tokenRegistry(() => jwt(grants(['pull'])));
    const error = await failure(
      client({ credentials: storeOf(robot(mayPull.server.host)) }).ping(mayPull.server.host, push),
    );
    expect([error.code, error.message]).toEqual(['AUTH_FAILED', expect.stringContaining('grants no push')]);
    for (const access of [grants(['*']), [{ type: 'repository', name: 'team/*', actions: ['push'] }]]) {
      const odd = await tokenRegistry(() => jwt(access));
      expect(await client().ping(odd.server.host, push)).toMatchObject({ auth: 'bearer' });
    }
    const nothing = await tokenRegistry(() => jwt([]));
    expect((await failure(client().ping(nothing.server.host, push))).code).toBe('AUTH_FAILED');
    const opaque = await tokenRegistry(() => 'good-but-opaque');
    expect(await client().ping(opaque.server.host, push)).toMatchObject({ access: 'unknown' });
  });

  test('a server that is no registry', async () => {
    const server = await start((_, response) => reply(response, 404));
    const error = await failure(client().ping(server.host));
    expect([error.code, error.retryable]).toEqual(['REGISTRY_ERROR', false]);
  });
});

describe('failures', () => {
  test.each([
    [429, { 'retry-after': '7' }, true, 7000],
    [503, {}, true, undefined],
    [500, {}, true, undefined],
    [408, {}, true, undefined],
    [400, {}, false, undefined],
    [405, {}, false, undefined],
  ])('status %i with %j', async (status, headers: Record<string, string>, retryable, wait) => {
    const server = await start((_, response) =>
      reply(response, status, { errors: [{ code: 'TOOMANY', message: 'slow\u001b down' }] }, headers),
    );
    const error = await failure(client().getManifest(reference(server.host)));
    expect([error.code, error.retryable]).toEqual(['REGISTRY_ERROR', retryable]);
    expect(error.details).toEqual({ host: server.host, status, ...(wait === undefined ? {} : { retryAfterMs: wait }) });
    expect(error.message).toContain('TOOMANY slow  down');
  });

  test('403 is AUTH_FAILED', async () => {
    const server = await start((_, response) => reply(response, 403));
    expect((await failure(client().getManifest(reference(server.host)))).code).toBe('AUTH_FAILED');
  });

  test('nobody listens', async () => {
    const server = await startServer(() => undefined);
    await server.close();
    const error = await failure(client().getManifest(reference(server.host)));
    expect([error.code, error.retryable]).toEqual(['REGISTRY_UNREACHABLE', true]);
    expect(error.message).toContain('ECONNREFUSED');
  });

  test('a body that is cut is not an answer', async () => {
    const server = await start((_, response) => {
      response.writeHead(200, { ...manifestHeaders, 'content-length': '1000' });
      response.write(manifestText.slice(0, 20));
      setTimeout(() => response.destroy(), 20);
    });
    expect((await failure(client().getManifest(reference(server.host)))).code).toBe('REGISTRY_UNREACHABLE');
  });

  test.each(['before the headers', 'within the body'])(
    'a registry that goes silent %s is given up at the deadline',
    async (when) => {
      const server = await start((_, response) => {
        if (when === 'within the body') response.writeHead(200, manifestHeaders).write('{');
      });
      const error = await failure(client({ timeoutMs: 300 }).getManifest(reference(server.host)));
      expect([error.code, error.details]).toEqual(['REGISTRY_UNREACHABLE', { host: server.host, timeoutMs: 300 }]);
    },
  );

  test('a server that accepts and never speaks is given up at the deadline', async () => {
    const sockets = new Set<net.Socket>();
    const silent = net.createServer((socket) => sockets.add(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    open.push({
      close: async () => {
        for (const socket of sockets) socket.destroy();
        await new Promise((resolve) => silent.close(resolve));
      },
    });
    const host = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
    expect((await failure(client({ timeoutMs: 300 }).ping(host))).code).toBe('REGISTRY_UNREACHABLE');
  });

  test('an abort is CANCELLED, before and during the call', async () => {
    const server = await start(() => undefined);
    const controller = new AbortController();
    const asking = failure(client().getManifest(reference(server.host), { signal: controller.signal }));
    setTimeout(() => controller.abort(), 100);
    expect((await asking).code).toBe('CANCELLED');
    expect((await failure(client().ping(server.host, { signal: controller.signal }))).code).toBe('CANCELLED');
  });
});

describe('an origin to which no way leads', () => {
  test('is found out once, and is no reason not to ask the same host over http, nor is one silence there', async () => {
    const sockets: net.Socket[] = [];
    const asked = { https: 0, http: 0 };
    const server = net.createServer((socket) => {
      sockets.push(socket.on('error', () => undefined));
      socket.once('data', (bytes) => {
        // A handshake of TLS is dropped, as by a firewall; the first request over http meets a busy registry.
        const scheme = bytes[0] === 0x16 ? 'https' : 'http';
        asked[scheme] += 1;
        if (scheme === 'https' || asked.http === 1) return;
        const headers = Object.entries(manifestHeaders).map(([name, value]) => `${name}: ${value}\r\n`);
        socket.end(
          `HTTP/1.1 200 OK\r\n${headers.join('')}content-length: ${manifestText.length}\r\n\r\n${manifestText}`,
        );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push({
      close: async () => {
        for (const socket of sockets) socket.destroy();
        await new Promise((resolve) => server.close(resolve));
      },
    });
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const registry = client({ timeoutMs: 6500 });
    const busy = await failure(registry.getManifest(reference(host)));
    expect(busy).toMatchObject({ code: 'REGISTRY_UNREACHABLE', details: { host, timeoutMs: 6500 } });
    expect(asked).toEqual({ https: 1, http: 1 });
    expect(await registry.getManifest(reference(host))).toMatchObject({ digest: digestOf(manifestText) });
    expect(asked).toEqual({ https: 1, http: 2 });
  }, 30_000);

  test('is known with its failure', () => {
    const closed = new ClosedOrigins();
    closed.note('https://r.example.com', new DockError('REGISTRY_UNREACHABLE', 'No way.', { retryable: false }));
    expect(() => closed.check('http://r.example.com')).not.toThrow();
    expect(() => closed.check('https://r.example.com:5000')).not.toThrow();
    expect(() => closed.check('https://r.example.com')).toThrow(
      expect.objectContaining({ code: 'REGISTRY_UNREACHABLE', message: 'No way.', retryable: false }),
    );
  });

  test.each([
    [new ConnectDeadline(5000), true],
    [Object.assign(new Error(), { code: 'ENOTFOUND' }), true],
    [Object.assign(new Error(), { code: 'EHOSTUNREACH' }), true],
    [new RegistryDeadline(300), false],
    [Object.assign(new Error(), { code: 'EAI_AGAIN' }), false],
    [Object.assign(new Error(), { code: 'ECONNRESET' }), false],
  ])('is told by %o: %s', (error, expected) => {
    expect(isNoWay(error)).toBe(expected);
  });

  test('is no host that refuses or cuts a connection: that one may come back', async () => {
    let isBack = false;
    const server = await start((_, response) =>
      isBack ? reply(response, 200, manifestText, manifestHeaders) : response.destroy(),
    );
    const registry = client();
    expect((await failure(registry.getManifest(reference(server.host)))).code).toBe('REGISTRY_UNREACHABLE');
    isBack = true;
    expect(await registry.getManifest(reference(server.host))).toBeDefined();
  });
});

describe('credentials that cannot be had', () => {
  const broken = new DockError('CREDENTIAL_HELPER_FAILED', 'The helper is not on the PATH.');
  const credentials = { get: async () => Promise.reject(broken) };

  test('do not keep from a registry that asks for none', async () => {
    const server = await start((_, response) => reply(response, 200, manifestText, manifestHeaders));
    expect(await client({ credentials }).getManifest(reference(server.host))).toBeDefined();
    expect(await client({ credentials }).ping(server.host)).toMatchObject({ auth: 'none' });
  });

  test('do not keep from what an anonymous token may read', async () => {
    const { server } = await tokenRegistry(() => 'good');
    expect(await client({ credentials }).getManifest(reference(server.host))).toBeDefined();
  });

  test('are the reason of a refusal, which is attached', async () => {
    const server = await start((_, response) => reply(response, 401, '', { 'www-authenticate': 'Basic realm="r"' }));
    const error = await failure(client({ credentials }).getManifest(reference(server.host)));
    expect(error.code).toBe('CREDENTIAL_HELPER_FAILED');
    expect(error.attached.map(({ code }) => code)).toContain('AUTH_FAILED');
  });

  test('may take longer than the registry itself is waited for', async () => {
    const server = await start(({ authorization }, response) =>
      authorization === basicRobot
        ? reply(response, 200, manifestText, manifestHeaders)
        : reply(response, 401, '', { 'www-authenticate': 'Basic realm="r"' }),
    );
    const slow = {
      get: async () => new Promise<RegistryCredential>((resolve) => setTimeout(() => resolve(robot(server.host)), 700)),
    };
    expect(await client({ credentials: slow, timeoutMs: 400 }).getManifest(reference(server.host))).toBeDefined();
  });
});

describe('TLS', () => {
  const tls = () => start((_, response) => reply(response, 200, manifestText, manifestHeaders), { tls: true });

  test('https is tried first, also on loopback', async () => {
    const server = await tls();
    expect(await client().getManifest(reference(server.host))).toBeDefined();
    expect(await client({ ca: testCa }).getManifest(reference(server.host))).toBeDefined();
  });

  test('a realm over https gets the request', async () => {
    const realm = await start((_, response) => reply(response, 200, { token: 'good' }), { tls: true });
    const { server } = await tokenRegistry(() => 'good', { realm: realm.origin });
    expect(await client({ ca: testCa }).getManifest(reference(server.host))).toBeDefined();
  });
});

test('a malformed insecure registry is refused when the client is made', () => {
  expect(() => client({ insecureRegistries: ['svn://x'] })).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION' }),
  );
});
