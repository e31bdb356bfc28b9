import type { Readable } from 'node:stream';
import { DockError } from '@dock/core';
import { readBody } from '../transport/engine-request.js';
import type { CallScope, EngineConnection } from '../transport/connection.js';

/**
 * Read an archive of images (`docker load`). The engine reports in a stream of JSON; without a "Loaded image" in it nothing was loaded.
 *
 * @returns The names or IDs that it reports, in its order.
 * @throws DAEMON_ERROR with the engine's own words, DAEMON_PROTOCOL
 */
export async function loadImage(
  connection: EngineConnection,
  tar: Readable,
  scope: CallScope = {},
): Promise<readonly string[]> {
  const request = {
    method: 'POST',
    path: '/images/load?quiet=1',
    headers: { 'Content-Type': 'application/x-tar' },
    body: tar,
  };
  const lines = await connection.exchange('loading an image', request, scope, async ({ stream }) =>
    (await readBody(stream, 16 * 1024 * 1024)).toString('utf8').split('\n'),
  );
  const loaded: string[] = [];
  for (const line of lines.filter((each) => each.trim() !== '')) {
    const message = JSON.parse(line) as { readonly stream?: string; readonly error?: string };
    if (typeof message.error === 'string')
      throw new DockError('DAEMON_ERROR', `The engine did not load the image: ${message.error}.`);
    const name = /^Loaded image(?: ID)?: (\S+)/.exec(message.stream ?? '')?.[1];
    if (name !== undefined) loaded.push(name);
  }
  if (loaded.length === 0) throw new DockError('DAEMON_PROTOCOL', 'The engine does not say which image it loaded.');
  return loaded;
}
