/** One document of a stream of JSON lines. */
export type JsonLine =
  | { readonly kind: 'json'; readonly value: unknown }
  /** A line that is no JSON, as it came. */
  | { readonly kind: 'text'; readonly text: string }
  /** The head of a line that was over the limit; the rest was dropped. */
  | { readonly kind: 'cut'; readonly text: string; readonly bytes: number };

/** Longest line that is kept whole, bytes: BuildKit puts 1 MiB of output and more into one message, in base64. */
export const lineLimit = 16 * 1024 * 1024;
const newline = 0x0a;

/**
 * Read a stream of JSON lines as the engine sends them: whatever the chunk borders, whatever is between the documents, with or without a
 * newline at the end. Never throws for what a line holds; errors are the stream's own. Memory is bounded by the line limit.
 */
export async function* readJsonLines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<JsonLine, void, void> {
  let parts: Uint8Array[] = [];
  let kept = 0;
  let length = 0;
  const take = (piece: Uint8Array): void => {
    length += piece.length;
    const room = lineLimit - kept;
    if (room <= 0 || piece.length === 0) return;
    // A copy: a small piece of a line must not hold its whole chunk.
    parts.push(Buffer.from(piece.subarray(0, room)));
    kept += Math.min(piece.length, room);
  };
  const flush = (): JsonLine[] => {
    const bytes = Buffer.concat(parts, kept);
    const documents: JsonLine[] =
      length > kept
        ? [{ kind: 'cut', text: bytes.toString('utf8'), bytes: length }]
        : parseLine(bytes.toString('utf8'));
    parts = [];
    kept = 0;
    length = 0;
    return documents;
  };
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      take(chunk.subarray(start, end));
      yield* flush();
      start = end + 1;
    }
    take(chunk.subarray(start));
  }
  if (length > 0) yield* flush();
}

/** The documents of one line: usually one; several when a writer leaves the newline out. */
function parseLine(line: string): JsonLine[] {
  const text = line.trim();
  if (text === '') return [];
  const whole = parseDocument(text);
  if (whole !== undefined) return [whole];
  const pieces = splitObjects(text);
  const documents = pieces.map(parseDocument).filter((document) => document !== undefined);
  return pieces.length > 1 && documents.length === pieces.length
    ? documents
    : [{ kind: 'text', text: line.replace(/\r$/, '') }];
}

function parseDocument(text: string): JsonLine | undefined {
  try {
    return { kind: 'json', value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

/** Split `{…}{…}` at the outer braces, minding strings. */
function splitObjects(text: string): string[] {
  const pieces: string[] = [];
  let depth = 0;
  let isString = false;
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (isString) {
      if (char === '\\') at += 1;
      else if (char === '"') isString = false;
      continue;
    }
    if (char === '"') isString = true;
    else if (char === '{') depth += 1;
    else if (char === '}') {
      depth -= 1;
      if (depth !== 0) continue;
      pieces.push(text.slice(start, at + 1));
      start = at + 1;
    }
  }
  const rest = text.slice(start);
  if (rest.trim() !== '') pieces.push(rest);
  return pieces;
}
