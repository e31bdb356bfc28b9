import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { expect } from '@jest/globals';
import type { SharedRigRegistry } from '@dock/testing';

/** Everything that a registry has of an image. */
export interface PushedImage {
  readonly manifest: string;
  /** Labels, environment and history are in it. */
  readonly configuration: string;
  /** As tar archives, each proven to be the one that the configuration names. */
  readonly layers: readonly Buffer[];
}

/** Read an image by the registry's own interface. */
export async function pushedImage(
  registry: SharedRigRegistry,
  { name = '', digest = '' }: { readonly name?: string; readonly digest?: string } = {},
): Promise<PushedImage> {
  const [, host = '', repository = ''] = /^([^/]+)\/(.*):[^:]*$/.exec(name) ?? [];
  expect(host).toBe(registry.host);
  const get = async (path: string): Promise<Buffer> => {
    const headers = {
      Authorization: `Basic ${registry.dockerConfig().auths[host]?.auth ?? ''}`,
      Accept: 'application/vnd.docker.distribution.manifest.v2+json',
    };
    // A connection for each: one that is kept is closed by its server while a large layer is looked at.
    const [answer] = (await once(
      request(`${registry.url}/v2/${repository}/${path}`, { headers, agent: false }).end(),
      'response',
    )) as [IncomingMessage];
    expect([path, answer.statusCode]).toEqual([path, 200]);
    return buffer(answer);
  };
  const manifest = (await get(`manifests/${digest}`)).toString();
  const { config, layers } = JSON.parse(manifest) as {
    readonly config: { readonly digest: string };
    readonly layers: readonly { readonly digest: string }[];
  };
  const configuration = (await get(`blobs/${config.digest}`)).toString();
  const { rootfs } = JSON.parse(configuration) as { readonly rootfs: { readonly diff_ids: readonly string[] } };
  const opened: Buffer[] = [];
  for (const layer of layers) opened.push(await promisify(gunzip)(await get(`blobs/${layer.digest}`)));
  const diffIds = opened.map((layer) => `sha256:${createHash('sha256').update(layer).digest('hex')}`);
  expect(diffIds).toEqual(rootfs.diff_ids);
  return { manifest, configuration, layers: opened };
}
