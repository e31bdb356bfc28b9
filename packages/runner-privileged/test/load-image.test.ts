import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import type { ProfiledContainer } from '@dock/build-container';
import type { BuildResult, RunNote } from '@dock/core';
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

const digest = `sha256:${'a'.repeat(64)}`;
const image = {
  place: { kind: 'engine', id: digest, store: 'classic' },
  id: digest,
  store: 'classic',
  configDigest: digest,
  platforms: [],
} as const;
const names = ['app:1'];

/** A container, and what is noted of it and asked of the port to its engine, in order. */
function heldContainer(engine: Engine, loadedDigest = digest) {
  const told: unknown[] = [];
  const note = (what: RunNote) => {
    told.push(what);
    return () => told.push(['gone', what]);
  };
  const port = {
    builtImage: async (id: string) => ({ ...image, id, configDigest: loadedDigest }),
    tagImage: async (id: string) => told.push(['named', id]),
  };
  const warn = ({ message }: { readonly message: string }) => told.push(['warned', message]);
  const run = { signal: new AbortController().signal, note, warn, log: () => undefined };
  return { told, container: { id: 'c', host: { containers: engine, port }, run } as unknown as ProfiledContainer };
}

const load = async (engine: Engine) => createLoader().whileHeld?.(heldContainer(engine).container, { image, names });

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

describe('the note of an image that is loaded', () => {
  const noteOf = (id: string) => ({ kind: 'loaded-image', image: id, names });
  const result = { image, names } as unknown as BuildResult;
  /** Takes an archive to its end, and calls the image so. */
  const engineThatLoads = (id: string): Engine => ({
    execStream: async () => 0,
    async loadImage(archive) {
      await text(archive);
      return [id];
    },
  });

  test('is made before the load, and goes once the image has its names', async () => {
    const { loadImage, execStream } = engineThatLoads(digest);
    const atLoad: unknown[] = [];
    const { told, container } = heldContainer({
      execStream,
      loadImage: async (archive, options) => {
        atLoad.push(...told);
        return loadImage(archive, options);
      },
    });
    const loader = createLoader();
    await loader.whileHeld?.(container, { image, names });
    expect([atLoad, told]).toEqual([[noteOf(digest)], [noteOf(digest)]]);
    await loader.afterResult?.(result, container);
    expect(told).toEqual([noteOf(digest), ['named', digest], ['gone', noteOf(digest)]]);
  });

  test('has the ID by which the engine knows the image, as soon as there is one', async () => {
    const { told, container } = heldContainer(engineThatLoads('sha256:b'));
    await createLoader().whileHeld?.(container, { image, names });
    expect(told).toEqual([noteOf(digest), noteOf('sha256:b'), ['gone', noteOf(digest)]]);
  });

  test('goes when another image arrived, which the result tells', async () => {
    const { told, container } = heldContainer(engineThatLoads(digest), 'sha256:c');
    const loader = createLoader();
    await loader.whileHeld?.(container, { image, names });
    await expect(loader.afterResult?.(result, container)).rejects.toMatchObject({ code: 'LOAD_FAILED' });
    expect(told).toEqual([noteOf(digest), ['gone', noteOf(digest)]]);
  });

  test('goes with a warning when the engine had the whole archive and did not say what came of it', async () => {
    const { told, container } = heldContainer({
      execStream: async () => 0,
      async loadImage(archive) {
        await text(archive);
        throw new Error('the engine went away');
      },
    });
    await expect(createLoader().whileHeld?.(container, { image, names })).rejects.toMatchObject({
      message: expect.stringContaining('not known whether the image was loaded'),
    });
    const warning = ['warned', expect.stringContaining(`"${digest}" was being loaded into the engine for "app:1"`)];
    expect(told).toEqual([noteOf(digest), warning, ['gone', noteOf(digest)]]);
  });

  test('goes with a warning when its names could not be given', async () => {
    const { told, container } = heldContainer(engineThatLoads(digest));
    const loader = createLoader();
    await loader.whileHeld?.(container, { image, names });
    container.host.port.tagImage = async () => {
      throw new Error('the engine went away');
    };
    await expect(loader.afterResult?.(result, container)).rejects.toThrow('went away');
    expect(told).toEqual([noteOf(digest), ['warned', expect.stringContaining('may lack')], ['gone', noteOf(digest)]]);
  });

  test('goes when nothing was loaded', async () => {
    const { told, container } = heldContainer({ ...engineThatLoads(digest), execStream: async () => 1 });
    await expect(createLoader().whileHeld?.(container, { image, names })).rejects.toMatchObject({
      code: 'LOAD_FAILED',
    });
    expect(told).toEqual([noteOf(digest), ['gone', noteOf(digest)]]);
  });
});
