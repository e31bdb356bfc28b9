import fc from 'fast-check';

/** Bytes, as base64. */
export const bytes = (maxLength: number): fc.Arbitrary<string> =>
  fc.uint8Array({ maxLength }).map((array) => Buffer.from(array).toString('base64'));

/** Where a stream of bytes is cut into chunks: lengths, used in turn. */
export const cuts: fc.Arbitrary<number[]> = fc.array(fc.nat({ max: 40 }), { maxLength: 12 });

/** A stream of bytes in chunks, empty ones among them. */
export function chunksOf(whole: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let start = 0;
  for (const length of lengths) {
    chunks.push(whole.subarray(start, start + length));
    start += length;
  }
  chunks.push(whole.subarray(start));
  return chunks;
}

/** Text of every kind: letters, whole graphemes, control characters, lone surrogates. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.array(fc.nat({ max: 0xffff }), { maxLength: 12 }).map((units) => String.fromCharCode(...units)),
);

type Edit =
  | { readonly kind: 'insert'; readonly at: number; readonly text: string }
  | { readonly kind: 'remove'; readonly at: number; readonly length: number }
  | { readonly kind: 'copy'; readonly from: number; readonly length: number; readonly at: number }
  | { readonly kind: 'repeat'; readonly at: number; readonly text: string; readonly times: number };

/** Characters that a repeated piece comes to, at the most: enough to show that a reader's time grows with the square. */
const longest = 200_000;

function edit(text: string, change: Edit): string {
  const place = (at: number): number => at % (text.length + 1);
  const at = place(change.at);
  if (change.kind === 'insert') return text.slice(0, at) + change.text + text.slice(at);
  if (change.kind === 'remove') return text.slice(0, at) + text.slice(at + change.length);
  if (change.kind === 'repeat') {
    const times = Math.min(change.times, Math.ceil(longest / Math.max(1, change.text.length)));
    return text.slice(0, at) + change.text.repeat(times) + text.slice(at);
  }
  const from = place(change.from);
  return text.slice(0, at) + text.slice(from, from + change.length) + text.slice(at);
}

/**
 * A good text with a few changes: pieces put in, taken out, copied, repeated. What random text never reaches lies there.
 *
 * @param seeds good texts
 * @param words what means something to the reader
 */
export function mutated(seeds: readonly string[], words: readonly string[]): fc.Arbitrary<string> {
  const place = fc.nat({ max: 100_000 });
  const word = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...words) }, { weight: 1, arbitrary: anyText });
  const change: fc.Arbitrary<Edit> = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('insert' as const), at: place, text: word }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('remove' as const),
        at: place,
        length: fc.integer({ min: 1, max: 30 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('copy' as const),
        from: place,
        length: fc.integer({ min: 1, max: 60 }),
        at: place,
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('repeat' as const),
        at: place,
        text: word,
        times: fc.oneof(
          { weight: 30, arbitrary: fc.constantFrom(2, 3, 10, 30) },
          { weight: 6, arbitrary: fc.constantFrom(300, 3000) },
          { weight: 1, arbitrary: fc.constant(100_000) },
        ),
      }),
    },
  );
  return fc
    .tuple(fc.constantFrom(...seeds), fc.array(change, { maxLength: 8 }))
    .map(([seed, changes]) => changes.reduce(edit, seed));
}

/** Words of a language in any order: what a grammar of pieces makes, right or wrong. */
export const wordSoup = (words: readonly string[], maxLength = 14): fc.Arbitrary<string> =>
  fc
    .array(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...words) }, { weight: 1, arbitrary: anyText }), {
      maxLength,
    })
    .map((parts) => parts.join(''));
