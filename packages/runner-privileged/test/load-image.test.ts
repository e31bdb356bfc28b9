import type { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import type { ProfiledContainer } from '@dock/build-container';
import type { ContainerEngine } from '@dock/engine';
import { createLoader } from '../src/load-image.js';

type Engine = Pick<ContainerEngine, 'execStream' | 'loadImage'>;

/** Print until there is nobody who reads, or a signal says so. */
const endlessExport: Engine['execStream'] = async (_id, _command, { onOutput, signal }) => {
  for (;;) {
    if (signal?.aborted === true) throw new Error('the export was ended');
    await onOutput('stdout', Buffer.alloc(64 * 1024));
    await new Promise((resolve) => setImmediate(resolve));
  }
};

const load = async (engine: Engine, signal = new AbortController().signal) =>
  createLoader().whileHeld?.({
    id: 'c',
    host: { containers: engine },
    run: { signal },
  } as unknown as ProfiledContainer);

describe('an image on its way into the engine of the host', () => {
  test('ends with what the engine says when it does not load it', async () => {
    const loadImage = async (archive: Readable): Promise<never> => {
      archive.destroy();
      throw new Error('no space left on device');
    };
    await expect(load({ execStream: endlessExport, loadImage })).rejects.toMatchObject({
      code: 'LOAD_FAILED',
      message: expect.stringContaining('no space left'),
    });
  });

  test('ends with what the exporter says when that fails', async () => {
    const execStream: Engine['execStream'] = async (_id, _command, { onOutput }) => {
      await onOutput('stderr', Buffer.from('no such image'));
      return 1;
    };
    const loadImage = (archive: Readable): Promise<never> =>
      new Promise((_, reject) => archive.on('close', () => reject(new Error('a broken stream'))));
    await expect(load({ execStream, loadImage })).rejects.toMatchObject({
      message: expect.stringContaining('no such image'),
    });
  });

  test('is nothing that breaks the process when both calls refuse at once', async () => {
    const refuse = async (): Promise<never> => {
      throw new Error('cancelled');
    };
    await expect(load({ execStream: refuse, loadImage: refuse })).rejects.toMatchObject({ code: 'LOAD_FAILED' });
    await new Promise((resolve) => setImmediate(resolve));
  });
});
