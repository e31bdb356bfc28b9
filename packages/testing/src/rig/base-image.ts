import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DockError } from '@dock/core';
import { runCommand } from '../install/run-command.js';
import { rigTool } from '../install/tool-wrappers.js';
import { busyboxLayer } from './busybox-layer.js';
import { type EngineAnswer, engineRequest } from './engine-request.js';
import { imageArchive, type ImageArchive } from './image-archive.js';
import type { SharedRigEngine } from './rig-engine.js';
import type { SharedRigRegistry } from './rig-registry.js';
import { makeServiceDirectory } from './service-directory.js';

/** What the base image is to be. Equal options make an equal image, down to its ID. */
export interface BaseImageOptions {
  /** Repository and tag, without a registry's host. @default 'busybox:1' */
  readonly name?: string;
  /** Files beside busybox, by absolute path: they tell one base from another. Those in `/bin` can be run. */
  readonly files?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** Variables as `NAME=value`, after `PATH`. */
  readonly env?: readonly string[];
}

/** An image that {@link baseImage} made. */
export interface RigImage {
  /** How to name it in a `FROM`: `busybox:1`, or `127.0.0.1:<port>/busybox:1`. */
  readonly reference: string;
  /** `sha256:<hex>` of the configuration: the image ID on a classic store. */
  readonly configDigest: string;
  /** The engine's image ID (on the containerd store it is a manifest digest); absent for a registry. */
  readonly id?: string;
  /** Digest of the manifest in the registry; absent for an engine. */
  readonly digest?: string;
}

/**
 * Puts a small image with a shell into an engine, or into a registry, without any hub.
 *
 * @throws COMMAND_NOT_FOUND with the remedy when the rig is not installed, DAEMON_ERROR when the engine refuses it
 */
export async function baseImage(
  target: SharedRigEngine | SharedRigRegistry,
  options: BaseImageOptions = {},
): Promise<RigImage> {
  const name = options.name ?? 'busybox:1';
  const layer = await busyboxLayer(
    Object.entries(options.files ?? {}).map(([path, content]) => ({
      path: path.replace(/^\/+/, ''),
      content,
      ...(path.startsWith('/bin/') ? { mode: 0o755 } : {}),
    })),
  );
  const archive = imageArchive(layer, name, options);
  return 'socketPath' in target ? loadInto(target, archive, name) : pushTo(target, archive, name);
}

async function loadInto(engine: SharedRigEngine, archive: ImageArchive, name: string): Promise<RigImage> {
  const loaded = await loadArchive(engine, archive);
  const answer = await engineRequest(engine.socketPath, 'GET', `/images/${name}/json`);
  if (loaded.status !== 200 || answer.status !== 200) {
    throw new DockError(
      'DAEMON_ERROR',
      `Engine ${engine.version} did not load "${name}": ${loaded.text}${answer.text}`,
    );
  }
  const { Id: id } = answer.json() as { Id: string };
  return { reference: name, configDigest: archive.configDigest, id };
}

/** Load, again when the engine stopped reading: it does so when another request is loading the same layers. Loading twice changes nothing. */
async function loadArchive(engine: SharedRigEngine, archive: ImageArchive, tries = 3): Promise<EngineAnswer> {
  try {
    return await engineRequest(engine.socketPath, 'POST', '/images/load?quiet=1', archive.bytes);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (tries <= 1 || (code !== 'EPIPE' && code !== 'ECONNRESET')) throw error;
    return loadArchive(engine, archive, tries - 1);
  }
}

async function pushTo(registry: SharedRigRegistry, archive: ImageArchive, name: string): Promise<RigImage> {
  const { path: directory } = makeServiceDirectory('push');
  try {
    const file = join(directory, 'image.tar');
    const digestFile = join(directory, 'digest');
    await writeFile(file, archive.bytes);
    await writeFile(join(directory, 'auth.json'), JSON.stringify(registry.dockerConfig()));
    const reference = `${registry.host}/${name}`;
    await runCommand(rigTool('skopeo'), [
      ...['copy', '--quiet', '--dest-tls-verify=false', '--dest-authfile', join(directory, 'auth.json')],
      ...['--digestfile', digestFile, `docker-archive:${file}`, `docker://${reference}`],
    ]);
    const digest = (await readFile(digestFile, 'utf8')).trim();
    return { reference, configDigest: archive.configDigest, digest };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
