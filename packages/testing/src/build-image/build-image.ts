import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { DockError } from '@dock/core';
import { withFileLock } from '../install/file-lock.js';
import type { RigImage } from '../rig/base-image.js';
import { engineRequest } from '../rig/engine-request.js';
import type { SharedRigEngine } from '../rig/rig-engine.js';
import { tarArchive } from '../rig/tar-archive.js';
import { type CachedLayer, cachedLayers } from './layer-cache.js';
import type { LayerName } from './layer-plans.js';
import { type ImageLayer, loadLayers } from './load-layers.js';

/** What the build image is to have. Equal options make an equal image. */
export interface BuildImageOptions {
  /** dockerd with containerd, runc, iptables and tini, for the privileged runner: that of Engine 26 (`true`), or the dockerd of 20.10. @default false */
  readonly engine?: boolean | '20.10';
  /** This process's Node. @default true */
  readonly node?: boolean;
  /** @default true */
  readonly git?: boolean;
  /** Files in a layer of their own, by absolute path, all of them executable: programs that stand in for others. */
  readonly files?: Readonly<Record<string, string>>;
  /** Another architecture in the configuration, for a build image that does not fit. @default the machine's */
  readonly architecture?: string;
}

/**
 * Puts an image in which build containers can run into an engine, once per engine: a shell, certificates, Node, git and, when asked, an engine.
 * It is one of the rig's images: leave it there, others use it too.
 *
 * @throws COMMAND_NOT_FOUND with the remedy when Engine 26 is not installed, DAEMON_ERROR when the engine refuses it
 */
export async function buildImage(engine: SharedRigEngine, options: BuildImageOptions = {}): Promise<RigImage> {
  const { key, layers } = await cachedLayers();
  const names: readonly LayerName[] = [
    'base',
    ...(options.node === false ? [] : (['node'] as const)),
    ...(options.git === false ? [] : (['git'] as const)),
    ...(options.engine === true || options.engine === '20.10' ? (['engine'] as const) : []),
    ...(options.engine === '20.10' ? (['olderEngine'] as const) : []),
  ];
  const own = options.files === undefined ? [] : [ownLayer(options.files)];
  const all: ImageLayer[] = [...names.map((name) => layers[name]), ...own];
  const config = imageConfig(all, options.architecture);
  const configDigest = `sha256:${sha256(config)}`;
  const reference = `rig-build-image:${key}-${sha256(config).slice(0, 12)}`;
  const id = await withFileLock(join(dirname(engine.socketPath), 'build-image.lock'), async () => {
    const present = await imageId(engine, reference);
    if (present !== undefined) return present;
    // The classic store opens only the layers that it lacks, so another image of the same layers costs nothing.
    if (engine.store === 'classic') await loadLayers(engine.socketPath, { reference, config, layers: all }, 'none');
    const known = await imageId(engine, reference);
    if (known !== undefined) return known;
    const answer = await loadLayers(engine.socketPath, { reference, config, layers: all });
    const loaded = await imageId(engine, reference);
    if (loaded !== undefined) return loaded;
    throw new DockError('DAEMON_ERROR', `Engine ${engine.version} did not load "${reference}": ${answer}`);
  });
  return { reference, configDigest, id };
}

async function imageId(engine: SharedRigEngine, reference: string): Promise<string | undefined> {
  const answer = await engineRequest(engine.socketPath, 'GET', `/images/${reference}/json`);
  return answer.status === 200 ? (answer.json() as { Id: string }).Id : undefined;
}

function ownLayer(files: Readonly<Record<string, string>>): ImageLayer {
  const bytes = tarArchive(
    Object.entries(files).map(([path, content]) => ({ path: path.replace(/^\/+/, ''), content, mode: 0o755 })),
  );
  return { bytes, size: bytes.length, diffId: `sha256:${sha256(bytes)}` };
}

function imageConfig(layers: readonly Pick<CachedLayer, 'diffId'>[], architecture?: string): string {
  const created = '2024-01-01T00:00:00Z';
  return JSON.stringify({
    architecture: architecture ?? (process.arch === 'arm64' ? 'arm64' : 'amd64'),
    os: 'linux',
    created,
    config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], Cmd: ['sh'] },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(() => ({ created, created_by: 'build image of the rig' })),
  });
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
