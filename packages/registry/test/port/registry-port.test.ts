import type { ServerResponse } from 'node:http';
import { DockError, isDockError } from '@dock/core';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createRegistryPort } from '../../src/port/create-registry-port.js';
import { digestOf, imageManifest, type LocalServer, reply, startServer, storeOf } from '../client/fake-registry.js';

const open: LocalServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});
async function start(...parameters: Parameters<typeof startServer>): Promise<LocalServer> {
  const server = await startServer(...parameters);
  open.push(server);
  return server;
}
const robot = (registry: string) => ({ registry, username: 'robot', password: 'S3CRET:x', origin: 'the test' });
const basic = `Basic ${Buffer.from('robot:S3CRET:x').toString('base64')}`;
const portTo = (...hosts: string[]) => createRegistryPort({ credentials: storeOf(...hosts.map(robot)) });
const at = (server: LocalServer) => ({ registry: server.host, repository: 'team/app' });

async function collect(content: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
async function failure(promise: Promise<unknown>) {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isDockError(error)) throw new Error(`did not fail with a DockError: ${String(error)}`);
  return error;
}
/** Answers 401 until credentials come. */
const asking =
  (answer: Parameters<typeof startServer>[0]): Parameters<typeof startServer>[0] =>
  (request, response) =>
    request.authorization === undefined
      ? reply(response, 401, '', { 'www-authenticate': 'Basic realm="r"' })
      : answer(request, response);

describe('a blob', () => {
  const digest = digestOf('content');

  test('of other bytes than its digest says counts for nothing, whatever was made of them', async () => {
    const server = await start((_, response) => reply(response, 200, 'changed'));
    const error = await failure(portTo().blob(at(server), digest, collect));
    expect(error).toMatchObject({
      code: 'DIGEST_MISMATCH',
      details: { announced: digest, found: digestOf('changed') },
    });
  });

  test('that is not read to its end counts for nothing', async () => {
    const server = await start((_, response) => reply(response, 200, 'content'));
    const error = await failure(portTo().blob(at(server), digest, async () => 'enough'));
    expect(error).toMatchObject({ code: 'REGISTRY_ERROR' });
    expect(error.message).toContain('was not read to its end');
  });

  test('that stops to come is given up', async () => {
    const server = await start((_, response) => void response.writeHead(200).write('con'));
    const error = await failure(portTo().blob(at(server), digest, collect, { idleTimeoutMs: 50 }));
    expect(error).toMatchObject({ code: 'REGISTRY_UNREACHABLE', retryable: true });
    expect(error.message).toContain('nothing moved for 0.05 s');
  });

  test('whose reader fails gives that failure', async () => {
    const server = await start((_, response) => reply(response, 200, 'content'));
    const read = async () => Promise.reject(new TypeError('the disk'));
    await expect(portTo().blob(at(server), digest, read)).rejects.toThrow('the disk');
  });

  test.each([
    ['a full disk', Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })],
    ['a name of its own that is not known', Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' })],
    ['another registry that is away', new DockError('REGISTRY_UNREACHABLE', 'Another one is away.')],
    ['another registry that refuses', new DockError('AUTH_FAILED', 'Another one refused.')],
  ])('whose reader fails by %s gives that very error, and the registry is asked on', async (_, reason) => {
    const server = await start((__, response) => reply(response, 200, 'content'));
    const port = portTo();
    const read = async (content: AsyncIterable<Uint8Array>) => {
      await collect(content);
      throw reason;
    };
    await expect(port.blob(at(server), digest, read)).rejects.toBe(reason);
    expect(server.seen).toHaveLength(1);
    expect(await port.blob(at(server), digest, collect)).toBe('content');
  });

  test('that is cut off is a failure of its registry, for the reader too, and whatever he makes of it', async () => {
    const server = await start((_, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('con');
      setTimeout(() => response.destroy(), 20);
    });
    let seen: unknown;
    const read = async (content: AsyncIterable<Uint8Array>) =>
      collect(content).catch((error: unknown) => {
        seen = error;
        throw new TypeError('made of it');
      });
    const error = await failure(portTo().blob(at(server), digest, read));
    expect(error).toMatchObject({ code: 'REGISTRY_UNREACHABLE', retryable: true, details: { host: server.host } });
    expect(seen).toMatchObject({ code: 'REGISTRY_UNREACHABLE', message: error.message });
  });
});

describe('a copy', () => {
  const manifestText = JSON.stringify(imageManifest);
  const parts = [imageManifest.config, ...imageManifest.layers];
  const to = (server: LocalServer) => ({ ...at(server), tag: '1' });
  /** A registry that has an image, and sends its blobs as told. */
  const source = async (blob: (response: ServerResponse, size: number) => void) =>
    start(({ url }, response) =>
      url.includes('/manifests/')
        ? reply(response, 200, manifestText, { 'content-type': imageManifest.mediaType })
        : blob(response, parts.find(({ digest }) => url.endsWith(digest))?.size ?? 0),
    );
  /** A registry that has nothing, and answers the end of an upload as told. */
  const target = async (status: number) =>
    start(({ method, url }, response) =>
      method === 'PUT'
        ? reply(response, status)
        : method === 'POST'
          ? reply(response, 202, '', { location: `${url}7` })
          : reply(response, 404),
    );

  test('whose source is cut off names the source', async () => {
    const from = await source((response) => {
      // Less than any of the blobs has, so that the target waits for more.
      response.writeHead(200, { 'content-length': '1000' }).write('c');
      setTimeout(() => response.destroy(), 20);
    });
    const server = await target(201);
    const error = await failure(portTo().copy(to(from), to(server)));
    expect(error).toMatchObject({ code: 'REGISTRY_UNREACHABLE', details: { host: from.host } });
    expect(error.message).toContain(`"${from.host}"`);
  });

  test('whose target refuses names the target', async () => {
    const from = await source((response, size) => reply(response, 200, Buffer.alloc(size)));
    const server = await target(403);
    const error = await failure(portTo().copy(to(from), to(server)));
    expect(error).toMatchObject({ code: 'AUTH_FAILED', details: { host: server.host } });
  });
});

describe('an upload', () => {
  const content = Buffer.from('content');
  const blob = { digest: digestOf('content'), size: content.length, content };

  test.each([
    ['an error of the disk', Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' })],
    ['an error of dock', new DockError('REGISTRY_UNREACHABLE', 'Another one is away.')],
  ])('whose content fails with %s gives that very error, and the registry is asked on', async (_, reason) => {
    let isThere = false;
    const server = await start(({ method }, response) =>
      method === 'POST'
        ? reply(response, 202, '', { location: '/v2/team/app/blobs/uploads/7' })
        : reply(response, isThere ? 200 : 404),
    );
    const port = portTo();
    const failing = async function* () {
      yield content.subarray(0, 3);
      throw reason;
    };
    await expect(port.putBlob(at(server), { ...blob, content: failing() })).rejects.toBe(reason);
    isThere = true;
    expect(await port.putBlob(at(server), blob)).toBe(false);
  });

  test('that goes on at another host brings the content there, and no credentials', async () => {
    const other = await start((_, response) => reply(response, 201));
    const server = await start(
      asking(({ method }, response) =>
        method === 'HEAD' ? reply(response, 404) : reply(response, 202, '', { location: `${other.origin}/up?id=7` }),
      ),
    );
    expect(await portTo(server.host, other.host).putBlob(at(server), blob)).toBe(true);
    const query = new URLSearchParams({ id: '7', digest: blob.digest });
    expect(other.seen).toEqual([
      { method: 'PUT', url: `/up?${query.toString()}`, authorization: undefined, body: 'content' },
    ]);
    expect(server.seen.at(-1)).toMatchObject({ method: 'POST', authorization: basic });
  });

  test.each([
    ['nowhere', {}],
    ['to plain http elsewhere', { location: 'http://registry.example.com/up' }],
  ])('that leads %s is refused', async (_, headers) => {
    const server = await start(({ method }, response) =>
      method === 'HEAD' ? reply(response, 404) : reply(response, 202, '', headers as Record<string, string>),
    );
    expect(await failure(portTo().putBlob(at(server), blob))).toMatchObject({ code: 'REGISTRY_ERROR', exitStatus: 3 });
    expect(server.seen.map(({ method }) => method)).toEqual(['HEAD', 'POST']);
  });

  test('that was begun where a blob could not be taken over is ended', async () => {
    const server = await start(({ method }, response) =>
      method === 'POST' ? reply(response, 202, '', { location: '/v2/team/app/blobs/uploads/7' }) : reply(response, 204),
    );
    const from = { ...at(server), repository: 'team/base' };
    expect(await portTo().mount(at(server), blob.digest, from)).toBe(false);
    expect(server.seen.map(({ method, url }) => `${method} ${url.split('?')[0]}`)).toEqual([
      'POST /v2/team/app/blobs/uploads/',
      'DELETE /v2/team/app/blobs/uploads/7',
    ]);
  });
});

describe('a manifest', () => {
  const bytes = Buffer.from(JSON.stringify(imageManifest));
  const manifest = { mediaType: imageManifest.mediaType, bytes };

  test('that the registry took for something else is a failure', async () => {
    const stored = digestOf('something else');
    const server = await start((_, response) => reply(response, 201, '', { 'docker-content-digest': stored }));
    const error = await failure(portTo().putManifest({ ...at(server), tag: '1' }, manifest));
    expect(error).toMatchObject({ code: 'DIGEST_MISMATCH', details: { announced: digestOf(bytes), found: stored } });
  });

  test('under a digest that is not its own is not sent', async () => {
    const server = await start((_, response) => reply(response, 201));
    const error = await failure(portTo().putManifest({ ...at(server), digest: digestOf('x') }, manifest));
    expect(error).toMatchObject({ code: 'DIGEST_MISMATCH' });
    expect(server.seen).toEqual([]);
  });

  test.each([
    [401, 'AUTH_FAILED', 4],
    [413, 'REGISTRY_ERROR', 3],
    [500, 'REGISTRY_ERROR', 3],
    [200, 'REGISTRY_ERROR', 3],
  ])('that is answered with %d is not published', async (status, code, exitStatus) => {
    const server = await start(asking((_, response) => reply(response, status)));
    const error = await failure(portTo(server.host).putManifest({ ...at(server), tag: '1' }, manifest));
    expect(error).toMatchObject({ code, exitStatus });
  });
});

describe('lists', () => {
  test('tags are read page by page', async () => {
    const server = await start(({ url }, response) =>
      url.includes('last=b')
        ? reply(response, 200, { name: 'team/app', tags: ['c'] })
        : reply(response, 200, { tags: ['a', 'b'] }, { link: '</v2/team/app/tags/list?last=b&n=2>; rel="next"' }),
    );
    expect(await portTo().tags(at(server))).toEqual(['a', 'b', 'c']);
  });

  test('a next page on another host is not asked', async () => {
    const other = await start((_, response) => reply(response, 200, { tags: [] }));
    const server = await start((_, response) =>
      reply(response, 200, { tags: ['a'] }, { link: `<${other.origin}/v2/team/app/tags/list>; rel="next"` }),
    );
    expect(await failure(portTo().tags(at(server)))).toMatchObject({ code: 'REGISTRY_ERROR' });
    expect(other.seen).toEqual([]);
  });

  test('a repository that lost its last tag has none', async () => {
    const server = await start((_, response) => reply(response, 200, { name: 'team/app', tags: null }));
    expect(await portTo().tags(at(server))).toEqual([]);
  });

  test.each(['[]', '{"tags":[1]}', 'no JSON'])('what is no list of tags is nonsense: %s', async (body) => {
    const server = await start((_, response) => reply(response, 200, body));
    expect(await failure(portTo().tags(at(server)))).toMatchObject({ code: 'REGISTRY_ERROR', retryable: false });
  });

  test('referrers come from the API of the registry, and the filter holds whether or not it is heeded', async () => {
    const entry = (artifactType: string, letter: string) => ({
      mediaType: imageManifest.mediaType,
      digest: `sha256:${letter.repeat(64)}`,
      size: 7,
      artifactType,
    });
    const [sbom, signature] = [entry('application/sbom', 'a'), entry('application/signature', 'b')];
    const mediaType = 'application/vnd.oci.image.index.v1+json';
    const index = { schemaVersion: 2, mediaType, manifests: [sbom, signature] };
    const server = await start((_, response) => reply(response, 200, index, { 'content-type': mediaType }));
    const subject = { ...at(server), digest: `sha256:${'c'.repeat(64)}` };
    expect(await portTo().referrers(subject)).toEqual([sbom, signature]);
    expect(await portTo().referrers(subject, { artifactType: 'application/sbom' })).toEqual([sbom]);
    expect(server.seen.map(({ url }) => url)).toEqual([
      `/v2/team/app/referrers/${subject.digest}`,
      `/v2/team/app/referrers/${subject.digest}?artifactType=application%2Fsbom`,
    ]);
  });
});
