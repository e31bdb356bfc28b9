import { createHash } from 'node:crypto';
import { tarArchive } from './tar-archive.js';

/** An image as `docker load` and skopeo's `docker-archive:` read it. */
export interface ImageArchive {
  readonly bytes: Buffer;
  /** `sha256:<hex>` of its configuration. */
  readonly configDigest: string;
}

/** Packs one layer as an image. The configuration has a fixed date, so the ID depends on the content alone. */
export function imageArchive(
  layer: Buffer,
  name: string,
  options: { readonly labels?: Readonly<Record<string, string>>; readonly env?: readonly string[] },
): ImageArchive {
  const diffId = sha256(layer);
  const created = '2024-01-01T00:00:00Z';
  const config = JSON.stringify({
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    created,
    config: {
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...(options.env ?? [])],
      Cmd: ['sh'],
      ...(options.labels === undefined ? {} : { Labels: options.labels }),
    },
    rootfs: { type: 'layers', diff_ids: [`sha256:${diffId}`] },
    history: [{ created, created_by: 'busybox of the rig' }],
  });
  const configHash = sha256(config);
  const manifest = [{ Config: `${configHash}.json`, RepoTags: [name], Layers: [`${diffId}.tar`] }];
  return {
    bytes: tarArchive([
      { path: `${configHash}.json`, content: config },
      { path: `${diffId}.tar`, content: layer },
      { path: 'manifest.json', content: JSON.stringify(manifest) },
    ]),
    configDigest: `sha256:${configHash}`,
  };
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
