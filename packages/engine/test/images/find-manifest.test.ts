import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { parseImageReference } from '@dock/core';
import { type FakeEngine, startFakeEngine } from '@dock/testing';
import { errorOf, portTo } from '../engine-fixture.js';
import {
  digestOf,
  imageConfig,
  imageManifest,
  type LocalServer,
  reply,
  startServer,
} from '../../../registry/test/client/fake-registry.js';

const manifestText = JSON.stringify(imageManifest);
const digest = digestOf(manifestText);
const { mediaType } = imageManifest;
const configDigest = imageManifest.config.digest;
let engine: FakeEngine;
let registry: LocalServer | undefined;
beforeEach(async () => {
  engine = await startFakeEngine();
  engine.on('GET', '/distribution/{name}/json', {
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ Descriptor: { digest, mediaType }, Platforms: [{ os: 'linux', architecture: 'amd64' }] }),
  });
});
afterEach(async () => {
  await engine.stop();
  await registry?.close();
});

const reads = (urls: readonly { url: string }[], part: string) => urls.filter(({ url }) => url.includes(part)).length;
const asks = () => engine.requests.filter(({ path }) => path.startsWith('/distribution/')).length;
const expected = { digest, configDigest };

/** A registry that has the manifest, under its tag and its digest, and answers for its config as told. */
async function registryWith(blobStatus: number, served = manifestText): Promise<LocalServer> {
  return (registry = await startServer(({ url }, response) => {
    if (url.includes('/manifests/')) reply(response, 200, served, { 'content-type': mediaType });
    else reply(response, blobStatus, blobStatus === 200 ? imageConfig : '');
  }));
}

test.each([
  ['tells the platform too, where the config can be read', 200, [{ platform: 'linux/amd64', digest, configDigest }]],
  ['stands without the config, which the manifest names', 403, []],
])('a manifest that is as expected %s, and the engine is not asked', async (_, blobStatus, platforms) => {
  const { host } = await registryWith(blobStatus);
  const port = await portTo(engine.socketPath);
  const found = await port.findManifest(parseImageReference(`${host}/team/app:1`), { expected });
  expect(found).toEqual({ digest, mediaType, configDigest, platforms, via: 'direct' });
  expect(asks()).toBe(0);
});

test('the config is read once for a digest, whatever number of tags has it', async () => {
  const { host, seen } = await registryWith(200);
  const port = await portTo(engine.socketPath);
  await Promise.all(
    ['1', '2', '3'].map((tag) => port.findManifest(parseImageReference(`${host}/team/app:${tag}`), { expected })),
  );
  expect([reads(seen, '/manifests/'), reads(seen, '/blobs/')]).toEqual([3, 1]);
});

test('a read that is cancelled, or fails, for one caller is none of the others’', async () => {
  let reading = (): void => undefined;
  const begun = new Promise<void>((resolve) => (reading = resolve));
  let blobs = 0;
  registry = await startServer(({ url }, response) => {
    if (url.includes('/manifests/')) return reply(response, 200, manifestText, { 'content-type': mediaType });
    blobs += 1;
    // The first read gets no answer.
    if (blobs === 1) reading();
    else reply(response, 200, imageConfig);
  });
  const port = await portTo(engine.socketPath);
  const name = parseImageReference(`${registry.host}/team/app:1`);
  const [first, third] = [new AbortController(), new AbortController()];
  const cancelled = errorOf(port.findManifest(name, { expected, signal: first.signal }));
  await begun;
  const second = port.findManifest(name, { expected });
  const impatient = errorOf(port.findManifest(name, { expected, signal: third.signal }));
  while (reads(registry.seen, '/manifests/') < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  third.abort();
  expect((await impatient).code).toBe('CANCELLED');
  first.abort();
  expect((await cancelled).code).toBe('CANCELLED');
  expect(await second).toMatchObject({ digest, configDigest, platforms: [{ platform: 'linux/amd64' }], via: 'direct' });
  expect(blobs).toBe(2);
});

test('a config that could not be read once is read when it is asked for again, and then kept', async () => {
  let blobs = 0;
  registry = await startServer(({ url }, response) => {
    if (url.includes('/manifests/')) return reply(response, 200, manifestText, { 'content-type': mediaType });
    blobs += 1;
    reply(response, blobs === 1 ? 503 : 200, blobs === 1 ? '' : imageConfig);
  });
  const port = await portTo(engine.socketPath);
  const name = parseImageReference(`${registry.host}/team/app:1`);
  const platforms = [];
  for (let look = 0; look < 3; look += 1) platforms.push((await port.findManifest(name, { expected }))?.platforms);
  const whole = [{ platform: 'linux/amd64', digest, configDigest }];
  expect(platforms).toEqual([[], whole, whole]);
  expect(blobs).toBe(2);
});

test('a manifest of an index that was not there once is read when it is asked for again, and then kept', async () => {
  const mediaTypeOfIndex = 'application/vnd.oci.image.index.v1+json';
  const platform = { os: 'linux', architecture: 'amd64' };
  const index = JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypeOfIndex,
    manifests: [{ mediaType, digest, size: manifestText.length, platform }],
  });
  let children = 0;
  registry = await startServer(({ url }, response) => {
    if (!url.endsWith(digest)) return reply(response, 200, index, { 'content-type': mediaTypeOfIndex });
    children += 1;
    if (children === 1) reply(response, 404);
    else reply(response, 200, manifestText, { 'content-type': mediaType });
  });
  const port = await portTo(engine.socketPath);
  const name = parseImageReference(`${registry.host}/team/app:1`);
  const configs = [];
  for (let look = 0; look < 3; look += 1) {
    const found = await port.findManifest(name, { expected: { digest: digestOf(index), configDigest } });
    configs.push(found?.platforms.map((each) => each.configDigest));
  }
  expect(configs).toEqual([[undefined], [configDigest], [configDigest]]);
  expect(children).toBe(2);
});

test.each([
  ['has nothing', (host: string) => `${host}/team/app:1`, 404],
  ['cannot be reached', () => '127.0.0.1:1/team/app:1', 404],
])('where the registry that we see %s, the engine decides', async (_, nameOf, status) => {
  registry = await startServer((__, response) => reply(response, status));
  const port = await portTo(engine.socketPath);
  const found = await port.findManifest(parseImageReference(nameOf(registry.host)), { expected });
  expect(found).toEqual({ digest, mediaType, platforms: [{ platform: 'linux/amd64' }], via: 'engine' });
});

test('without an expectation the engine is asked first', async () => {
  const { host } = await registryWith(200);
  const port = await portTo(engine.socketPath);
  const found = await port.findManifest(parseImageReference(`${host}/team/app:1`), { withConfig: true });
  expect(found).toMatchObject({ digest, configDigest, via: 'engine' });
  expect(asks()).toBe(1);
});

test('bytes that are not those of their digest are a failure, though the engine says that all is well', async () => {
  const { host } = await registryWith(200, manifestText.replace('"size":3', '"size":1'));
  const port = await portTo(engine.socketPath);
  const looking = port.findManifest(parseImageReference(`${host}/team/app:1`), { expected });
  expect(await errorOf(looking)).toMatchObject({ code: 'DIGEST_MISMATCH', details: { announced: digest } });
});
