import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DockError, type EngineImage, type RunNote } from '@dock/core';
import { sharedEngine } from '@dock/testing';
import { credentialsOf, errorOf, specOf } from '../../../engine/test/engine-fixture.js';
import { buildIntoEngine, type LoadScope } from '../../src/remote/load-image.js';
import { rigDoor } from '../rig-door.js';

let directory = '';
let environment: Parameters<typeof buildIntoEngine>[1];
const notes: RunNote[] = [];
let open = 0;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'dock-load-'));
  // More than any buffer between the builder and the engine.
  writeFileSync(join(directory, 'file'), Buffer.alloc(8 * 1024 * 1024, String(process.pid)));
  const door = rigDoor(await sharedEngine({ version: '26', store: 'containerd' }));
  environment = { door, source: { credentials: credentialsOf() }, env: {}, machine: 'test' };
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Load into an engine that does what the test wants. */
async function load(engine: LoadScope['engine']): Promise<EngineImage> {
  const note = (what: RunNote) => {
    notes.push(what);
    open += 1;
    return () => void (open -= 1);
  };
  return buildIntoEngine(specOf(directory, 'FROM scratch\nCOPY file /file\n'), environment, {}, { engine, note });
}

const configDigest = `sha256:${'a'.repeat(64)}`;
const other = { place: { kind: 'engine', id: configDigest, store: 'classic' }, configDigest } as EngineImage;

async function readAll(archive: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const piece of archive) bytes += piece.length;
  return bytes;
}

describe('an image on its way from a builder into an engine', () => {
  test('is not taken for another one that the engine has then', async () => {
    let bytes = 0;
    const error = await errorOf(
      load({
        loadImage: async (archive) => {
          bytes = await readAll(archive);
          return configDigest;
        },
        builtImage: async () => other,
      }),
    );
    expect(error).toMatchObject({ code: 'LOAD_FAILED' });
    expect(error.message).toContain(`The engine has "${configDigest}"`);
    expect(bytes).toBeGreaterThan(8192);
    expect([notes.length, open]).toEqual([1, 0]);
  });

  test.each(['at once', 'in its midst'])(
    'is given up when the engine refuses it %s, with the engine’s reason',
    async (when) => {
      const error = await errorOf(
        load({
          loadImage: async (archive) => {
            if (when !== 'at once') for await (const _ of archive) break;
            throw new DockError('DAEMON_ERROR', 'The engine did not load the image: no space left on device.');
          },
          builtImage: async () => other,
        }),
      );
      expect(error).toMatchObject({ code: 'LOAD_FAILED' });
      expect(error.message).toContain('no space left on device');
      expect(open).toBe(0);
    },
  );
});
