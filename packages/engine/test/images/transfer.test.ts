import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DockError, type EngineEvent, parseImageReference } from '@dock/core';
import {
  errorResponse,
  fakeDigest,
  type FakeEngine,
  jsonLines,
  parts,
  startFakeEngine,
  streamResponse,
} from '@dock/testing';
import { registryFailure, withoutMarkup } from '../../../registry/src/failure/registry-failure.js';
import { credentialsOf, errorOf, portTo } from '../engine-fixture.js';

const digest = fakeDigest('manifest');
const reference = parseImageReference('reg.example:5000/app:1');
const name = 'reg.example:5000/app:1';
let engine: FakeEngine;
beforeEach(async () => {
  engine = await startFakeEngine();
});
afterEach(() => engine.stop());

describe('pushImage', () => {
  test.each([
    ['aux, as the classic store', { progressDetail: {}, aux: { Tag: '1', Digest: digest, Size: 528 } }],
    ['the closing status, as the containerd store', { status: `1: digest: ${digest} size: 528` }],
  ])('takes the digest of %s sends it', async (_name, line) => {
    engine.on('POST', '/images/{name}/push', streamResponse([{ status: 'The push refers to repository [x]' }, line]));
    expect(await (await portTo(engine.socketPath)).pushImage(reference)).toEqual({ digest, size: 528 });
  });

  test.each([
    ['nothing', []],
    [
      'the digest of another tag',
      [{ aux: { Tag: '2', Digest: digest, Size: 1 } }, { status: `2: digest: ${digest} size: 1` }],
    ],
    ['a digest that is none', [{ aux: { Tag: '1', Digest: 'sha256:12', Size: 1 } }]],
    ['a layer whose status looks like it', [{ id: 'abc', status: `1: digest: ${digest} size: 528` }]],
  ])('a stream that ends with %s is a failure', async (_name, lines) => {
    engine.on('POST', '/images/{name}/push', streamResponse(lines));
    expect(await errorOf((await portTo(engine.socketPath)).pushImage(reference))).toMatchObject({
      code: 'DAEMON_PROTOCOL',
    });
  });

  test('pushes one tag, never all of the repository', async () => {
    engine.on('POST', '/images/{name}/push', streamResponse([{ aux: { Tag: 'latest', Digest: digest, Size: 1 } }]));
    await (await portTo(engine.socketPath)).pushImage(parseImageReference('reg.example:5000/app'));
    expect(engine.requests.at(-1)?.query.get('tag')).toBe('latest');
  });

  test('sends the credentials of the host, and tells of them before', async () => {
    const secrets: string[] = [];
    const credentials = credentialsOf({ 'reg.example:5000': { username: 'u', password: 'pa>>ss' } });
    engine.on('POST', '/images/{name}/push', streamResponse([{ aux: { Tag: '1', Digest: digest, Size: 1 } }]));
    await (await portTo(engine.socketPath, { credentials, addSecret: (secret) => secrets.push(secret) })).pushImage(
      reference,
    );
    const sent: unknown = JSON.parse(
      Buffer.from(String(engine.requests.at(-1)?.headers['x-registry-auth']), 'base64url').toString(),
    );
    expect(sent).toEqual({ username: 'u', password: 'pa>>ss', serveraddress: 'reg.example:5000' });
    expect(secrets).toContain('pa>>ss');
  });

  test('a push that stands still names the layer', async () => {
    engine.on('POST', '/images/{name}/push', {
      body: [...jsonLines([{ status: 'Pushing', id: 'abcdef' }]), parts.stall],
    });
    const error = await errorOf((await portTo(engine.socketPath)).pushImage(reference, { idleTimeoutMs: 60 }));
    expect(error).toMatchObject({ code: 'PUSH_TIMEOUT', exitStatus: 124, details: { layer: 'abcdef' } });
    expect(error.message).toContain('layer "abcdef"');
  });

  test('a push that only repeats itself stands still', async () => {
    const waiting = Array.from({ length: 100 }, () => [
      ...jsonLines([{ status: 'Waiting', id: 'abcdef' }]),
      parts.delay(20),
    ]);
    engine.on('POST', '/images/{name}/push', { body: [...waiting.flat(), parts.stall] });
    const error = await errorOf((await portTo(engine.socketPath)).pushImage(reference, { idleTimeoutMs: 200 }));
    expect(error).toMatchObject({ code: 'PUSH_TIMEOUT', details: { layer: 'abcdef' } });
    expect(error.message).toContain('"Waiting"');
  });

  test.each([
    [
      'failed: unexpected status from PUT request to http://127.0.0.1:4010/v2/a/manifests/1: 500 Internal Server Error',
      500,
    ],
    ['failed commit on ref "x": unexpected status: 503 Service Unavailable', 503],
    ['received unexpected HTTP status: 502 Bad Gateway', 502],
    ['received unexpected HTTP status from 127.0.0.1:4040: 500 Internal Server Error', 500],
  ])('"%s" is a failure that passes, with its status', (message, status) => {
    const access = { registry: '127.0.0.1:4010', credential: undefined };
    expect(registryFailure({ action: 'push', reference: 'x', access } as never, message)).toMatchObject({
      code: 'REGISTRY_ERROR',
      retryable: true,
      details: { status },
    });
  });

  test('a 401 says whether credentials were sent and from where', async () => {
    engine.on('POST', '/images/{name}/push', streamResponse([{ error: 'unauthorized: authentication required' }]));
    const without = await errorOf((await portTo(engine.socketPath)).pushImage(reference));
    expect(without).toMatchObject({ code: 'AUTH_FAILED', exitStatus: 4, details: { credentialsSent: false } });
    const credentials = credentialsOf({ 'reg.example:5000': { username: 'u', password: 'secret' } });
    const sent = await errorOf((await portTo(engine.socketPath, { credentials })).pushImage(reference));
    expect(sent.message).toContain('credentials were sent for "reg.example:5000" from the test');
    expect(JSON.stringify(sent.details)).not.toContain('secret');
  });

  test('refuses a digest', async () => {
    expect((await errorOf((await portTo(engine.socketPath)).pushImage({ ...reference, digest }))).code).toBe(
      'INVALID_OPTION',
    );
  });
});

describe('pullImage', () => {
  test('tells digest, ID and the progress of each layer', async () => {
    const events: EngineEvent[] = [];
    engine.on(
      'POST',
      '/images/create',
      streamResponse([
        { status: 'Pulling from app', id: '1' },
        { status: 'Downloading', id: 'layer', progressDetail: { current: 5, total: 10 } },
        { status: `Digest: ${digest}` },
        { status: `Status: Downloaded newer image for ${name}` },
      ]),
    );
    engine.on('GET', '/images/{name}/json', {
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ Id: digest }),
    });
    expect(
      await (await portTo(engine.socketPath)).pullImage(reference, { onEvent: (event) => events.push(event) }),
    ).toEqual({ id: digest, digest });
    expect(events).toContainEqual({
      type: 'pull.progress',
      reference: name,
      layer: 'layer',
      status: 'Downloading',
      current: 5,
      total: 10,
    });
    expect(engine.requests.find(({ path }) => path === '/images/create')?.query.get('tag')).toBe('1');
    expect(engine.requests.at(-1)?.path).toContain(`@${digest}`);
  });

  test('a stream that merely ends is a failure', async () => {
    engine.on('POST', '/images/create', streamResponse([{ status: 'Pulling from app', id: '1' }]));
    expect((await errorOf((await portTo(engine.socketPath)).pullImage(reference))).code).toBe('DAEMON_PROTOCOL');
  });

  /** What podman sends: no digest, no status; the last message has the image's ID in short. */
  const podman = (id: string) =>
    streamResponse([
      { status: 'Pulling fs layer', id: '631754316ca9', progressDetail: {} },
      { status: 'Download complete', id: '631754316ca9', progressDetail: {} },
      { status: 'Download complete', id, progressDetail: {} },
    ]);
  const has = (name: string) =>
    engine.on('GET', `/images/${name}/json`, {
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ Id: digest }),
    });

  test('an image that is there by the digest that was asked for is evidence enough', async () => {
    const pinned = { ...reference, digest };
    engine.on('POST', '/images/create', podman('5db3cdd2b16a'));
    expect((await errorOf((await portTo(engine.socketPath)).pullImage(pinned))).code).toBe('DAEMON_PROTOCOL');
    has('{name}');
    expect(await (await portTo(engine.socketPath)).pullImage(pinned)).toEqual({ id: digest, digest });
  });

  test('a name is evidence only when its image is the one that the last message names', async () => {
    has('{name}');
    engine.on('POST', '/images/create', podman(digest.slice('sha256:'.length, 19)));
    expect(await (await portTo(engine.socketPath)).pullImage(reference)).toEqual({ id: digest });
    engine.on('POST', '/images/create', podman('5db3cdd2b16a'));
    expect((await errorOf((await portTo(engine.socketPath)).pullImage(reference))).code).toBe('DAEMON_PROTOCOL');
  });

  test('an error in the stream wins over what follows', async () => {
    engine.on(
      'POST',
      '/images/create',
      streamResponse([
        { error: 'filesystem layer verification failed for digest sha256:abc' },
        { status: `Digest: ${digest}` },
      ]),
    );
    expect(await errorOf((await portTo(engine.socketPath)).pullImage(reference))).toMatchObject({
      code: 'PULL_FAILED',
      retryable: true,
    });
  });

  test('an answer of 404 is an image that is not there', async () => {
    engine.on('POST', '/images/create', errorResponse(404, 'manifest for app:1 not found: manifest unknown'));
    expect((await errorOf((await portTo(engine.socketPath)).pullImage(reference))).code).toBe('IMAGE_NOT_FOUND');
  });
});

describe('registryFailure', () => {
  const access = { registry: 'reg.example', header: '', credential: undefined };

  test.each(['<a', 'manifest for ', 'repository ', ' response body: ', '1.1.1.1', 'https://', '($'])(
    'reads a message without measure at both its ends, in no time: %j',
    (part) => {
      const began = performance.now();
      const message = `received unexpected HTTP status: 503 ${part.repeat(300_000)} i/o timeout`;
      const error = registryFailure({ action: 'push', reference: 'reg.example/app:1', access }, message);
      expect(performance.now() - began).toBeLessThan(2000);
      expect(error).toMatchObject({ code: 'REGISTRY_UNREACHABLE', details: { status: 503 } });
      expect(error.message.length).toBeLessThan(9000);
      expect(error.message).toMatch(/503 .*characters are left out.* i\/o timeout\.$/s);
    },
  );

  test.each([
    ['push', 'received unexpected HTTP status: 503 Service Unavailable', 'REGISTRY_ERROR', true, 503],
    [
      'push',
      'unexpected status from PUT request to http://r/v2/a/manifests/1: 500 Internal Server Error',
      'REGISTRY_ERROR',
      true,
      500,
    ],
    ['push', 'toomanyrequests: slow down', 'REGISTRY_ERROR', true, 429],
    ['push', 'error parsing HTTP 403 response body: unexpected end of JSON input: ""', 'AUTH_FAILED', false, 403],
    [
      'push',
      'error parsing HTTP 429 response body: invalid character \'<\' looking for beginning of value: "<html>"',
      'REGISTRY_ERROR',
      true,
      429,
    ],
    ['push', 'received unexpected HTTP status: 413 Request Entity Too Large', 'PUSH_REFUSED', false, 413],
    ['push', 'manifest invalid: manifest invalid', 'PUSH_REFUSED', false, undefined],
    ['push', 'no basic auth credentials', 'AUTH_FAILED', false, undefined],
    ['push', 'denied: requested access to the resource is denied', 'AUTH_FAILED', false, undefined],
    ['push', 'Get "https://r/v2/": dial tcp: lookup r: no such host', 'REGISTRY_UNREACHABLE', true, undefined],
    ['push', 'Put "http://r/v2/": EOF', 'REGISTRY_UNREACHABLE', true, undefined],
    ['push', 'read tcp: read: connection reset by peer', 'REGISTRY_UNREACHABLE', true, undefined],
    ['push', 'An image does not exist locally with the tag: app', 'IMAGE_NOT_FOUND', false, undefined],
    ['pull', 'manifest unknown: manifest unknown', 'IMAGE_NOT_FOUND', false, undefined],
    ['pull', 'no matching manifest for linux/s390x in the manifest list entries', 'IMAGE_NOT_FOUND', false, undefined],
    ['pull', 'failed to register layer: write /x: no space left on device', 'DISK_FULL', true, undefined],
    ['pull', 'something else', 'PULL_FAILED', true, undefined],
    ['push', 'something else', 'REGISTRY_ERROR', true, undefined],
    ['push', 'writing manifest: uploading manifest 1 to r/a: digest invalid', 'REGISTRY_ERROR', true, undefined],
    ['push', 'digest invalid: provided digest did not match uploaded content', 'REGISTRY_ERROR', true, undefined],
    [
      'push',
      'errors:\ndigest invalid\nmanifest blob unknown: blob unknown to registry',
      'REGISTRY_ERROR',
      true,
      undefined,
    ],
    // Engine 28 passes on no code: what names no decision may have been any status.
    [
      'push',
      'unknown: unexpected status from HEAD request to http://r/v2/a/blobs/sha256:1: 429 Too Many Requests',
      'REGISTRY_ERROR',
      true,
      429,
    ],
    [
      'push',
      'unknown: unexpected status from HEAD request to http://r/v2/a/blobs/sha256:1: 503 Service Unavailable',
      'REGISTRY_ERROR',
      true,
      503,
    ],
    ['push', 'error from registry: Rate exceeded', 'REGISTRY_ERROR', true, undefined],
    ['push', 'error from registry: rate limit exceeded', 'REGISTRY_ERROR', true, 429],
    ['push', 'error from registry: the storage answered nothing', 'REGISTRY_ERROR', true, undefined],
    ['push', 'error from registry: requested access to the resource is denied', 'AUTH_FAILED', false, undefined],
  ] as const)('%s: "%s" is %s', (action, message, code, retryable, status) => {
    const error = registryFailure({ action, reference: name, access }, message);
    expect({ code: error.code, retryable: error.retryable, status: error.details?.status }).toEqual({
      code,
      retryable,
      status,
    });
    expect(error.message).toContain(message.includes('<') ? 'it is a web page' : message);
    expect(error.message).toContain(name);
  });

  const known = {
    ...access,
    credential: { registry: 'reg.example', origin: 'the test', username: 'u', password: 'p' },
  };
  test.each([
    ["name unknown: The repository with name 'x' does not exist in the registry with id '1'", 'Create the repository'],
    ['unknown: repository team/app not found', 'Create the repository'],
    ['denied: adding 29.0 MiB of storage resource will exceed the configured upper limit of 10.0 MiB.', 'no room left'],
    ['denied: The project has exceeded its storage quota', 'no room left'],
    ["tag invalid: The image tag '1' already exists and cannot be overwritten", 'publish under a new tag'],
    ["unknown: Failed to process request due to 'x:1' configured as immutable.", 'publish under a new tag'],
    ['unknown: Repository does not allow updating assets: docker-hosted', 'publish under a new tag'],
    ['denied: User: arn:aws:iam::1:user/x is not authorized to perform: ecr:PutImage', 'lacks the right'],
    ['denied: permission_denied: The token provided does not match expected scopes.', 'lacks the right'],
    ['unauthorized: The client does not have permission to push to the repository.', 'lacks the right'],
    [
      "error from registry: The repository with name 'x' does not exist in the registry with id '1'",
      'Create the repository',
    ],
    ['error from registry: adding 29.0 MiB will exceed the configured upper limit of 10.0 MiB.', 'no room left'],
    ["error from registry: The image tag '1' already exists and cannot be overwritten", 'publish under a new tag'],
    ['unknown: something that nobody has thought of', "Read the registry's message"],
    ['unsupported: The operation is unsupported.', "Read the registry's message"],
  ])('a push that ends with "%s" is refused for good: %s', (message, hint) => {
    const error = registryFailure({ action: 'push', reference: name, access: known }, message);
    expect(error).toMatchObject({ code: 'PUSH_REFUSED', retryable: false, exitStatus: 1 });
    expect(error.hint).toContain(hint);
    expect(error.hint).not.toContain('docker login');
  });

  test.each([
    'denied: User: anonymous is not authorized to perform: ecr:PutImage',
    'unauthorized: unauthorized to access repository: x, action: push',
    'denied: requested access to the resource is denied',
  ])('who is not logged in is told so: "%s"', (message) => {
    const error = registryFailure({ action: 'push', reference: name, access }, message);
    expect(error).toMatchObject({ code: 'AUTH_FAILED', hint: 'Run "docker login reg.example".' });
  });

  test('a status without a reason is no word about an account that nobody named', () => {
    const message = 'unexpected status from PUT request to http://r/v2/a/blobs/uploads/1: 403 Forbidden';
    expect(registryFailure({ action: 'push', reference: name, access }, message)).toMatchObject({
      code: 'PUSH_REFUSED',
      retryable: false,
      hint: expect.stringMatching(/passes on no reason/),
    });
    expect(registryFailure({ action: 'push', reference: name, access: known }, message).code).toBe('AUTH_FAILED');
  });

  test.each(['blob upload unknown: blob upload unknown to registry', 'blob unknown: blob unknown to registry'])(
    '"%s" may pass',
    (message) => {
      const error = registryFailure({ action: 'push', reference: name, access: known }, message);
      expect(error).toMatchObject({ code: 'REGISTRY_ERROR', retryable: true });
    },
  );

  test.each([
    'tls: failed to verify certificate: x509: certificate signed by unknown authority',
    'x509: certificate has expired or is not yet valid',
    'http: server gave HTTP response to HTTPS client',
  ])('"%s" is not tried again, and the hint names the places of certificates', (message) => {
    const error = registryFailure(
      { action: 'push', reference: name, access },
      `Get "https://reg.example/v2/": ${message}`,
    );
    expect(error).toMatchObject({ code: 'REGISTRY_UNREACHABLE', retryable: false });
    expect(error.hint).toMatch(/certs\.d\/reg\.example\/ca\.crt.*NODE_EXTRA_CA_CERTS.*insecure-registries/);
  });

  const page =
    '<html>\\n<head><title>413 Too Large</title></head>\\n<body><center><h1>413 Too Large</h1></center><script>x()</script></body>';
  test.each([
    [
      `error parsing HTTP 413 response body: invalid character '<' looking for beginning of value: "${page}"`,
      'error parsing HTTP 413 response body: it is a web page and no answer of a registry ("413 Too Large 413 Too Large")',
    ],
    ['denied: <b>no</b> entry', 'denied: no entry'],
    ['a < b and c > d', 'a < b and c > d'],
    ['no such host', 'no such host'],
  ])('markup is not shown: %s', (message, shown) => {
    expect(withoutMarkup(message)).toBe(shown);
  });

  test('a credential that could not be had is the reason of a refusal, and of nothing else', () => {
    const problem = new DockError('CREDENTIAL_HELPER_FAILED', 'The helper is away.');
    const place = { action: 'push' as const, reference: name, access: { ...access, problem } };
    const refused = registryFailure(place, 'no basic auth credentials');
    expect(refused).toBe(problem);
    expect(refused.attached.map(({ code }) => code)).toEqual(['AUTH_FAILED']);
    expect(registryFailure(place, 'received unexpected HTTP status: 503').code).toBe('REGISTRY_ERROR');
  });
});
