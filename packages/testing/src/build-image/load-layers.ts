import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { tarArchive, tarPadding, tarStart } from '../rig/tar-archive.js';

/** A layer: a file of the cache, or bytes. */
export type ImageLayer = { readonly size: number; readonly diffId: string } & (
  | { readonly file: string }
  | { readonly bytes: Uint8Array }
);

/** An image to be loaded. */
export interface LayeredImage {
  readonly reference: string;
  /** The configuration, as JSON. */
  readonly config: string;
  readonly layers: readonly ImageLayer[];
}

/**
 * Streams an image of layers that are too large for memory into an engine (`POST /images/load`).
 *
 * @param sent whether the layers go along, or only their names. @default 'all'
 * @returns the engine's answer
 */
export function loadLayers(socketPath: string, image: LayeredImage, sent: 'all' | 'none' = 'all'): Promise<string> {
  return new Promise((resolve, reject) => {
    const path = '/images/load?quiet=1';
    const headers = { 'Content-Type': 'application/x-tar' };
    const outgoing = request({ socketPath, method: 'POST', path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => resolve(`${String(response.statusCode)} ${Buffer.concat(chunks).toString()}`));
    });
    outgoing.once('error', reject);
    pipeline(Readable.from(archiveOf(image, sent)), outgoing).catch(reject);
  });
}

async function* archiveOf(
  { reference, config, layers }: LayeredImage,
  sent: 'all' | 'none',
): AsyncGenerator<Uint8Array> {
  const name = `${createHash('sha256').update(config).digest('hex')}.json`;
  const layerName = ({ diffId }: ImageLayer) => `${diffId.replace('sha256:', '')}.tar`;
  yield tarStart({ path: name, mode: 0o644 }, Buffer.byteLength(config));
  yield Buffer.concat([Buffer.from(config), tarPadding(Buffer.byteLength(config))]);
  for (const layer of sent === 'all' ? layers : []) {
    yield tarStart({ path: layerName(layer) }, layer.size);
    if ('bytes' in layer) yield layer.bytes;
    else yield* createReadStream(layer.file, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>;
    yield tarPadding(layer.size);
  }
  const manifest = [{ Config: name, RepoTags: [reference], Layers: layers.map(layerName) }];
  yield tarArchive([{ path: 'manifest.json', content: JSON.stringify(manifest) }]);
}
