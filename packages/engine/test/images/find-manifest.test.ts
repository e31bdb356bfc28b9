import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { parseImageReference } from '@dock/core';
import { type FakeEngine, startFakeEngine } from '@dock/testing';
import { portTo } from '../engine-fixture.js';
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

test.each([
  ['tells the platform too, where the config can be read', 200, [{ platform: 'linux/amd64', digest, configDigest }]],
  ['stands without the config, which the manifest names', 403, []],
])('a manifest %s', async (_, blobStatus, platforms) => {
  registry = await startServer(({ url }, response) => {
    if (url.includes('/manifests/')) reply(response, 200, manifestText, { 'content-type': mediaType });
    else reply(response, blobStatus, blobStatus === 200 ? imageConfig : '');
  });
  const port = await portTo(engine.socketPath);
  const reference = parseImageReference(`${registry.host}/team/app:1`);
  const found = await port.findManifest(reference, { withConfig: true, expectedDigest: digest });
  expect(found).toEqual({ digest, mediaType, configDigest, platforms, via: 'engine' });
});
