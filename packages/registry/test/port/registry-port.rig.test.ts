import { createHash, randomBytes } from 'node:crypto';
import type { ImageReference, ImageRepository, RegistryPort } from '@dock/core';
import { type RegistryAuth, sharedRegistry, type SharedRigRegistry } from '@dock/testing';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createRegistryPort } from '../../src/port/create-registry-port.js';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const indexType = 'application/vnd.oci.image.index.v1+json';
const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const unique = (): string => randomBytes(6).toString('hex');

async function collect(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe.each<RegistryAuth>(['none', 'basic', 'token'])('a registry with auth "%s"', (auth) => {
  let registry: SharedRigRegistry;
  let port: RegistryPort;
  beforeAll(async () => {
    registry = await sharedRegistry({ auth });
    const { host, username, password } = registry;
    const credential = { registry: host, username, password, origin: 'the test' };
    const credentials = {
      get: async (asked: string) => (asked === host && auth !== 'none' ? credential : undefined),
    };
    port = createRegistryPort({ credentials });
  });
  const repository = (name: string): ImageRepository => ({ registry: registry.host, repository: `port/${name}` });

  /** An image with one random layer. */
  async function pushImage(to: ImageReference, layer: Buffer = randomBytes(200_000)) {
    const config = json({
      architecture: 'amd64',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
    });
    const blob = (content: Buffer) => ({ digest: digestOf(content), size: content.length, content });
    for (const content of [config, layer]) await port.putBlob(to, blob(content));
    const layerType = 'application/vnd.oci.image.layer.v1.tar';
    const bytes = json({
      schemaVersion: 2,
      mediaType: manifestType,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: config.length },
      layers: [{ mediaType: layerType, digest: digestOf(layer), size: layer.length }],
    });
    return { ...(await port.putManifest(to, { mediaType: manifestType, bytes })), bytes, layer };
  }

  test('takes an image and gives it back byte for byte', async () => {
    const to = { ...repository(unique()), tag: '1' };
    const { bytes, layer, ...descriptor } = await pushImage(to);
    expect(descriptor).toEqual({ mediaType: manifestType, digest: digestOf(bytes), size: bytes.length });
    expect(await port.resolve(to)).toEqual(descriptor);
    const found = await port.manifest({ ...to, digest: descriptor.digest });
    expect(Buffer.from(found?.bytes ?? []).equals(bytes)).toBe(true);
    const read = await port.blob(to, digestOf(layer), collect);
    expect(read?.equals(layer)).toBe(true);
    expect(await port.tags(to)).toEqual(['1']);
  });

  test('says of what is not there that it is not', async () => {
    const nowhere = { ...repository(unique()), tag: '1' };
    expect(await port.resolve(nowhere)).toBeUndefined();
    expect(await port.blob(nowhere, digestOf(Buffer.from('x')), collect)).toBeUndefined();
    expect(await port.tags(nowhere)).toEqual([]);
    expect(await port.referrers({ ...nowhere, digest: digestOf(Buffer.from('x')) })).toEqual([]);
    const target = { ...repository(unique()), tag: '1' };
    await expect(port.copy(nowhere, target)).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND', exitStatus: 2 });
  });

  test('is sent a stream whole, and nothing that it has', async () => {
    const to = repository(unique());
    const content = randomBytes(3_000_000);
    async function* pieces() {
      for (let at = 0; at < content.length; at += 100_000) yield content.subarray(at, at + 100_000);
    }
    const blob = { digest: digestOf(content), size: content.length };
    expect(await port.putBlob(to, { ...blob, content: pieces() })).toBe(true);
    expect(await port.putBlob(to, { ...blob, content })).toBe(false);
    expect((await port.blob(to, blob.digest, collect))?.equals(content)).toBe(true);
  });

  test('refuses a blob that is not what its digest says', async () => {
    const to = repository(unique());
    const content = Buffer.from('other bytes');
    const wrong = { digest: digestOf(Buffer.from('bytes')), size: content.length, content };
    await expect(port.putBlob(to, wrong)).rejects.toMatchObject({ code: 'REGISTRY_ERROR' });
    expect(await port.blob(to, wrong.digest, collect)).toBeUndefined();
  });

  test('hands a blob from one repository to another', async () => {
    const [from, to] = [repository(unique()), repository(unique())];
    const content = randomBytes(1000);
    await port.putBlob(from, { digest: digestOf(content), size: content.length, content });
    expect(await port.mount(to, digestOf(content), from)).toBe(true);
    expect((await port.blob(to, digestOf(content), collect))?.equals(content)).toBe(true);
    expect(await port.mount(to, digestOf(randomBytes(10)), from)).toBe(false);
  });

  test('copies an index with its images, the name last', async () => {
    const from = { ...repository(unique()), tag: 'all' };
    const images = [await pushImage({ ...from, tag: 'a' }), await pushImage({ ...from, tag: 'b' })];
    const manifests = images.map(({ mediaType, digest, size }, index) => ({
      ...{ mediaType, digest, size },
      platform: { os: 'linux', architecture: index === 0 ? 'amd64' : 'arm64' },
    }));
    const bytes = json({ schemaVersion: 2, mediaType: indexType, manifests });
    const index = await port.putManifest(from, { mediaType: indexType, bytes });
    const to = { ...repository(unique()), tag: 'copy' };
    expect(await port.copy(from, to)).toEqual(index);
    expect(await port.tags(to)).toEqual(['copy']);
    for (const { digest, layer } of images) {
      expect(await port.resolve({ ...to, digest })).toMatchObject({ digest });
      expect((await port.blob(to, digestOf(layer), collect))?.equals(layer)).toBe(true);
    }
  });

  test('lists what refers to a digest by the tag schema', async () => {
    const to = { ...repository(unique()), tag: '1' };
    const { digest } = await pushImage(to);
    const entry = { mediaType: manifestType, digest: digestOf(Buffer.from('s')), size: 7 };
    const manifests = [
      { ...entry, artifactType: 'application/vnd.example.sbom' },
      { ...entry, artifactType: 'application/vnd.example.signature' },
    ];
    // The registry of the rig holds a list to what is there: the image stands for both.
    const real = manifests.map((each) => ({ ...each, digest }));
    const bytes = json({ schemaVersion: 2, mediaType: indexType, manifests: real });
    await port.putManifest({ ...to, tag: digest.replace(':', '-') }, { mediaType: indexType, bytes });
    expect(await port.referrers({ ...to, digest })).toEqual(real);
    const signatures = await port.referrers({ ...to, digest }, { artifactType: 'application/vnd.example.signature' });
    expect(signatures.map(({ artifactType }) => artifactType)).toEqual(['application/vnd.example.signature']);
  });
});

test('an image goes from one registry to another, each with its own credentials', async () => {
  const [open, closed] = await Promise.all([sharedRegistry(), sharedRegistry({ auth: 'token' })]);
  const { host, username, password } = closed;
  const port = createRegistryPort({
    credentials: {
      get: async (asked) => (asked === host ? { registry: host, username, password, origin: 'the test' } : undefined),
    },
  });
  const content = randomBytes(500_000);
  const from = { registry: open.host, repository: `port/${unique()}`, tag: '1' };
  const config = json({
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [digestOf(content)] },
  });
  for (const each of [config, content])
    await port.putBlob(from, { digest: digestOf(each), size: each.length, content: each });
  const bytes = json({
    schemaVersion: 2,
    mediaType: manifestType,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: config.length },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: digestOf(content), size: content.length }],
  });
  const pushed = await port.putManifest(from, { mediaType: manifestType, bytes });
  const to = { registry: host, repository: `port/${unique()}`, tag: 'moved' };
  expect(await port.copy(from, to)).toEqual(pushed);
  expect((await port.blob(to, digestOf(content), collect))?.equals(content)).toBe(true);
});
