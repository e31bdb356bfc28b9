import { describe, expect, test } from '@jest/globals';
import { type JsonLine, lineLimit, readJsonLines } from '../../src/stream/json-lines.js';

async function* from(chunks: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

async function read(...chunks: (string | Uint8Array)[]): Promise<JsonLine[]> {
  const lines: JsonLine[] = [];
  for await (const line of readJsonLines(from(chunks))) lines.push(line);
  return lines;
}

const json = (value: unknown): JsonLine => ({ kind: 'json', value });
const everyByte = (text: string): Uint8Array[] => Array.from(Buffer.from(text), (byte) => Uint8Array.of(byte));

describe('readJsonLines', () => {
  test.each([
    ['lines with LF', ['{"a":1}\n{"b":2}\n'], [json({ a: 1 }), json({ b: 2 })]],
    ['lines with CR LF', ['{"a":1}\r\n{"b":2}\r\n'], [json({ a: 1 }), json({ b: 2 })]],
    ['a last line without newline', ['{"a":1}\n{"error":"x"}'], [json({ a: 1 }), json({ error: 'x' })]],
    ['a document over two chunks', ['{"a"', ':1}\n'], [json({ a: 1 })]],
    [
      'two documents without a newline',
      ['{"stream":"a"}{"stream":"b"}'],
      [json({ stream: 'a' }), json({ stream: 'b' })],
    ],
    ['braces and quotes inside strings', ['{"a":"}{"}{"b":"\\"{"}'], [json({ a: '}{' }), json({ b: '"{' })]],
    ['a string and a number', ['"str"\n5\n'], [json('str'), json(5)]],
    ['a line that is no JSON', ['plain text\n{"a":1}\n'], [{ kind: 'text', text: 'plain text' }, json({ a: 1 })]],
    ['JSON followed by words', ['{"a":1} words\n'], [{ kind: 'text', text: '{"a":1} words' }]],
    ['empty lines', ['\n\n{"a":1}\n\n'], [json({ a: 1 })]],
    ['nothing', [''], []],
  ] as const)('reads %s', async (_name, chunks, expected) => {
    expect(await read(...chunks)).toEqual(expected);
  });

  test('gives the same documents when every byte is its own chunk, split characters included', async () => {
    const text = '{"stream":"žluťoučký 🐳 kůň"}\n{"stream":"konec"}';
    expect(await read(...everyByte(text))).toEqual([json({ stream: 'žluťoučký 🐳 kůň' }), json({ stream: 'konec' })]);
  });

  test('cuts a line over the limit, says how long it was, and reads on', async () => {
    const piece = 'x'.repeat(64 * 1024);
    const pieces = Array.from({ length: lineLimit / piece.length + 16 }, () => piece);
    const [cut, next] = await read(...pieces, '\n{"a":1}\n');
    expect(cut?.kind).toBe('cut');
    expect(cut).toMatchObject({ bytes: pieces.length * piece.length });
    expect((cut as { text: string }).text).toHaveLength(lineLimit);
    expect(next).toEqual(json({ a: 1 }));
  });

  test('keeps a message with as much output as BuildKit puts into one', async () => {
    const aux = Buffer.alloc(1024 * 1024 + 32 * 1024, 'ž').toString('base64');
    expect(await read(JSON.stringify({ id: 'moby.buildkit.trace', aux }))).toEqual([
      json({ id: 'moby.buildkit.trace', aux }),
    ]);
  });

  test('does not read ahead of a slow reader', async () => {
    let given = 0;
    async function* source(): AsyncGenerator<Uint8Array> {
      for (; given < 100; given += 1) yield Buffer.from(`{"n":${given}}\n`);
    }
    const lines = readJsonLines(source());
    await lines.next();
    await lines.next();
    expect(given).toBeLessThanOrEqual(2);
    await lines.return();
  });
});
