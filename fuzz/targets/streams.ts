import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { ClassicOutput } from '../../packages/engine/src/build/classic-output.js';
import { Demultiplexer, FrameError } from '../../packages/engine/src/stream/demultiplexer.js';
import { type JsonLine, readJsonLines } from '../../packages/engine/src/stream/json-lines.js';
import { readProgress } from '../../packages/engine/src/stream/progress-stream.js';
import { bytes, chunksOf, cuts, mutated, wordSoup } from '../arbitraries.js';
import { fuzzTarget, orError } from '../fuzz-target.js';

const digest = `sha256:${'0f'.repeat(32)}`;
const words = [
  '{',
  '}',
  '[',
  ']',
  '"',
  '\\',
  ':',
  ',',
  '\n',
  '\r\n',
  'null',
  '1',
  '"error":',
  '"errorDetail":',
  '"message":"no"',
  '"stream":"x\\n"',
  '"aux":',
  `{"ID":"${digest}"}`,
  '"status":"Downloading"',
  '"progressDetail":{"current":1,"total":2}',
  'Step 1/2 : FROM x',
  ' ---> Running in 0123456789ab',
  'Step 2/2 : RUN',
  '\u001B[91m',
  '__proto__',
  '{"toString":1}',
  '9'.repeat(400),
  '[[[[',
];
const seeds = [
  `{"stream":"Step 1/2 : FROM x"}\n{"stream":" ---> 0123456789ab\\n"}\n{"stream":"Step 2/2 : RUN y\\n"}\n{"stream":" ---> Running in 0123456789ab\\n"}\n{"aux":{"ID":"${digest}"}}\n`,
  '{"status":"Pulling from library/x","id":"1"}\r\n{"status":"Downloading","progressDetail":{"current":1,"total":2},"id":"abc"}\r\n',
  '{"errorDetail":{"code":2,"message":"no"},"error":"no"}\n{"stream":"after"}',
];
const text = fc.oneof({ weight: 3, arbitrary: mutated(seeds, words) }, wordSoup(words, 40));

async function documents(chunks: readonly Uint8Array[]): Promise<JsonLine[]> {
  const found: JsonLine[] = [];
  for await (const line of readJsonLines(Readable.from(chunks))) found.push(line);
  return found;
}

export const jsonLines = fuzzTarget({
  name: 'json-lines',
  input: fc.record({
    text: fc.oneof(
      text,
      bytes(60).map((base64) => Buffer.from(base64, 'base64').toString('latin1')),
    ),
    cuts,
  }),
  async check({ text: written, cuts: lengths }) {
    const whole = Buffer.from(written, 'utf8');
    const lines = await documents([whole]);
    assert.deepEqual(await documents(chunksOf(whole, lengths)), lines);
    // Each line that JSON itself reads is there, in order.
    const plain = whole
      .toString('utf8')
      .split('\n')
      .flatMap((line) => {
        try {
          return line.trim() === '' ? [] : [JSON.parse(line) as unknown];
        } catch {
          return [];
        }
      });
    const values = lines.flatMap((line) => (line.kind === 'json' ? [JSON.stringify(line.value)] : []));
    let at = 0;
    for (const value of values) if (at < plain.length && value === JSON.stringify(plain[at])) at += 1;
    assert.equal(at, plain.length);
  },
});

export const progress = fuzzTarget({
  name: 'progress',
  input: fc.record({ text, cuts }),
  async check({ text: written, cuts: lengths }) {
    const types: string[] = [];
    const onEvent = (event: { readonly type: string }): void => {
      JSON.stringify(event);
      types.push(event.type);
    };
    const output = new ClassicOutput({ onEvent });
    const failure = await readProgress(Readable.from(chunksOf(Buffer.from(written), lengths)), {
      onMessage: (message) => output.message(message),
      onText: (line) => output.raw(line),
    });
    const evidence = output.finish(failure);
    if (failure !== undefined) assert.equal(evidence.failure, failure);
    if (evidence.imageId !== undefined)
      assert.match(evidence.imageId, /^sha(?:256:[0-9a-f]{64}|384:[0-9a-f]{96}|512:[0-9a-f]{128})$/);
    assert.equal(
      types.filter((type) => type === 'step.start').length,
      types.filter((type) => type === 'step.end').length,
    );
  },
});

function frame(stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head[0] = stream;
  head.writeUInt32BE(payload.length, 4);
  return Buffer.concat([head, payload]);
}

interface Output {
  readonly stdout: string;
  readonly stderr: string;
  readonly error: string;
}

function demultiplex(chunks: readonly Uint8Array[]): Output {
  const pieces = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  const reader = new Demultiplexer((stream, piece) => pieces[stream].push(Buffer.from(piece)));
  let error = '';
  orError(FrameError, () => {
    try {
      for (const chunk of chunks) reader.push(chunk);
    } catch (thrown) {
      error = String(thrown);
      throw thrown;
    }
  });
  const joined = (list: readonly Uint8Array[]): string => Buffer.concat(list).toString('hex');
  return {
    stdout: joined(pieces.stdout),
    stderr: joined(pieces.stderr),
    error,
  };
}

export const demultiplexer = fuzzTarget({
  name: 'demultiplexer',
  input: fc.record({
    frames: fc.array(fc.record({ stream: fc.constantFrom(0, 1, 2), payload: bytes(40) }), { maxLength: 12 }),
    end: fc.oneof(
      fc.constant(''),
      bytes(40),
      bytes(20).map((base64) => frame(3, Buffer.from(base64, 'base64')).toString('base64')),
    ),
    cuts,
  }),
  check({ frames, end, cuts: lengths }) {
    const parts = frames.map(({ stream, payload }) => ({ stream, payload: Buffer.from(payload, 'base64') }));
    const good = Buffer.concat(parts.map(({ stream, payload }) => frame(stream, payload)));
    const of = (streams: readonly number[]): string =>
      Buffer.concat(parts.flatMap(({ stream, payload }) => (streams.includes(stream) ? [payload] : []))).toString(
        'hex',
      );
    assert.deepEqual(demultiplex(chunksOf(good, lengths)), {
      stdout: of([0, 1]),
      stderr: of([2]),
      error: '',
    });
    const all = Buffer.concat([good, Buffer.from(end, 'base64')]);
    assert.deepEqual(demultiplex(chunksOf(all, lengths)), demultiplex([all]));
    assert.deepEqual(demultiplex(Array.from(all, (byte) => Uint8Array.of(byte))), demultiplex([all]));
  },
});
