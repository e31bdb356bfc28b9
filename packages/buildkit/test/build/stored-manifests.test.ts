import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { withPlatforms } from '../../src/build/stored-manifests.js';
import { BrokenCall, CallFailure } from '../../src/rpc/call-failure.js';
import { grpcStatus } from '../../src/session/service.js';
import { errorOf } from '../../../engine/test/engine-fixture.js';

const blobs = new Map<string, Buffer>();
function blob(document: object): string {
  const bytes = Buffer.from(JSON.stringify(document));
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  blobs.set(digest, bytes);
  return digest;
}
const config = `sha256:${'c'.repeat(64)}`;
const entry = (digest: string) => ({ mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size: 1 });
const manifest = blob({
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: config, size: 1 },
  layers: [],
});
const index = blob({
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.index.v1+json',
  manifests: [
    { ...entry(manifest), platform: { os: 'linux', architecture: 'arm', variant: 'v7' } },
    {
      ...entry(manifest),
      platform: { os: 'unknown', architecture: 'unknown' },
      annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
    },
  ],
});
const answer = { imageId: index, isIndex: true, failure: undefined };
const failing = (error: Error) => ({ content: async () => Promise.reject(error) });

describe('the platforms of an index', () => {
  test('are read from the builder, without attestations', async () => {
    const content = async (digest: string) => blobs.get(digest) ?? Buffer.alloc(0);
    expect(await withPlatforms(answer, { content })).toEqual({
      ...answer,
      platforms: [{ platform: 'linux/arm/v7', configDigest: config, manifestDigest: manifest }],
    });
  });

  test.each([
    ['a builder that does not know the call', new CallFailure(grpcStatus.unimplemented, 'unknown service')],
    ['a builder with another store', new CallFailure(grpcStatus.notFound, 'not found')],
    ['a blob that is too large', new RangeError('the blob is larger than 4 bytes')],
  ])('are left to others by %s', async (_, error) => {
    expect(await withPlatforms(answer, failing(error))).toEqual(answer);
  });

  test('are not asked for where there is no index', async () => {
    const single = { ...answer, isIndex: false };
    expect(await withPlatforms(single, failing(new Error('asked')))).toEqual(single);
  });

  test('break the build with the call, and with bytes that are not those of their digest', async () => {
    await expect(withPlatforms(answer, failing(new BrokenCall(grpcStatus.unavailable, 'cut')))).rejects.toThrow('cut');
    const content = async () => Buffer.from('{}');
    expect(await errorOf(withPlatforms(answer, { content }))).toMatchObject({ code: 'DIGEST_MISMATCH' });
  });
});
