import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { readTarFiles, type TarFile } from '../../packages/engine/src/stream/read-tar-files.js';
import { tarArchive } from '../../packages/testing/src/rig/tar-archive.js';
import { bytes, chunksOf, cuts } from '../arbitraries.js';
import { fuzzTarget } from '../fuzz-target.js';

interface Outcome {
  readonly files: readonly TarFile[];
  readonly error?: string;
}

async function read(chunks: readonly Uint8Array[]): Promise<Outcome> {
  const files: TarFile[] = [];
  try {
    for await (const file of readTarFiles(Readable.from(chunks), 1000)) files.push(file);
  } catch (error) {
    assert.ok(error instanceof Error);
    return { files, error: error.message };
  }
  return { files };
}

export const tar = fuzzTarget({
  name: 'tar',
  input: fc.record({
    entries: fc.array(fc.record({ name: fc.stringMatching(/^[a-z0-9./]{1,99}[a-z]$/), content: bytes(600) }), {
      maxLength: 4,
    }),
    changes: fc.array(fc.tuple(fc.nat({ max: 5000 }), fc.nat({ max: 255 })), { maxLength: 6 }),
    isCut: fc.boolean(),
    length: fc.nat({ max: 6000 }),
    cuts,
  }),
  async check({ entries, changes, isCut, length, cuts: lengths }) {
    const whole = Buffer.from(
      tarArchive(entries.map(({ name, content }) => ({ path: name, content: Buffer.from(content, 'base64') }))),
    );
    for (const [at, byte] of changes) if (at < whole.length) whole[at] = byte;
    const archive = isCut ? whole.subarray(0, length) : whole;
    const found = await read([archive]);
    for (const { bytes: content } of found.files) assert.ok(content.length <= 1000);
    const inPieces = await read(chunksOf(archive, lengths));
    assert.deepEqual(
      inPieces.files.map(({ name }) => name),
      found.files.map(({ name }) => name),
    );
    assert.equal(inPieces.error === undefined, found.error === undefined);
    if (changes.length > 0 || isCut) return;
    assert.equal(found.error, undefined);
    assert.deepEqual(
      found.files.map(({ bytes: content }) => content.toString('base64')),
      entries.map(({ content }) => content),
    );
  },
});
