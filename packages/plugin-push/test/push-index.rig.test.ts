import { createHash } from 'node:crypto';
import { parseImageReference } from '@dock/core';
import { baseImage, runPlugin, sharedEngine, sharedRegistry, type SharedRigRegistry } from '@dock/testing';
import { expect, test } from '@jest/globals';
import { push } from '../src/index.js';
import { rigPort, uniqueRepository } from '../../engine/test/rig-port.js';

const manifestType = 'application/vnd.docker.distribution.manifest.v2+json';
const indexType = 'application/vnd.oci.image.index.v1+json';

const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

/** Put an index over the image's manifest beside it, as an independent client would. */
async function putIndex(registry: SharedRigRegistry, repository: string, tag: string): Promise<string> {
  const url = `${registry.url}/v2/${repository}/manifests`;
  const Accept = `${manifestType}, application/vnd.oci.image.manifest.v1+json`;
  const answer = await fetch(`${url}/${tag}`, { headers: { Accept } });
  const text = await answer.text();
  const body = JSON.stringify({
    schemaVersion: 2,
    mediaType: indexType,
    manifests: [
      {
        mediaType: answer.headers.get('content-type'),
        digest: digestOf(text),
        size: text.length,
        platform: { os: 'linux', architecture: 'amd64' },
      },
    ],
  });
  const put = await fetch(`${url}/index`, { method: 'PUT', body, headers: { 'Content-Type': indexType } });
  expect(put.status).toBe(201);
  return digestOf(body);
}

test('an image whose ID is an index is published as that index, its config confirmed', async () => {
  const repository = uniqueRepository('plugin-push-index');
  const [engine, registry] = await Promise.all([
    sharedEngine({ version: '26', store: 'containerd' }),
    sharedRegistry(),
  ]);
  const port = await rigPort(engine, []);
  try {
    await baseImage(registry, { name: `${repository}:single`, files: { '/mark': repository } });
    const index = await putIndex(registry, repository, 'single');
    const pulled = await port.pullImage(parseImageReference(`${registry.host}/${repository}:index`));
    const image = await port.builtImage(pulled.id);
    expect(image).toMatchObject({ id: index, manifestDigest: index, platforms: [{ platform: 'linux/amd64' }] });
    const target = { registry: registry.host, repository: `${repository}/copy`, tag: '1', isPublishOnly: true };
    const { value, error } = await runPlugin(push(), {
      hook: 'push',
      value: [],
      engine: port,
      context: { image, references: [target], isPublishing: true },
      timeoutMs: 60_000,
    });
    expect(error).toBeUndefined();
    expect(value).toMatchObject([
      { digest: index, configDigest: image.configDigest, confirmedBy: 'direct', isVerified: true },
    ]);
    await port.removeImage(image.id, { force: true });
  } finally {
    await port.close();
  }
}, 60_000);
