/** Most text that waits for a slow reader, characters. */
const waitingLimit = 1024 * 1024;

/** Work that produces text; it has to end when the signal is aborted. */
export type TextWork = (emit: (text: string) => void, signal: AbortSignal) => Promise<void>;

/**
 * Text of some work as an iterable: the work begins with the first read, its error is thrown after its last text, and a reader that stops ends
 * the work. For a reader that is too slow the oldest text is dropped, with a note.
 */
export async function* textStream(work: TextWork, signal?: AbortSignal): AsyncGenerator<string, void, void> {
  const own = new AbortController();
  const both = signal === undefined ? own.signal : AbortSignal.any([signal, own.signal]);
  const waiting: string[] = [];
  let size = 0;
  let isCut = false;
  let isOver = false;
  let wake: () => void = () => undefined;
  const emit = (text: string): void => {
    waiting.push(text);
    size += text.length;
    while (size > waitingLimit && waiting.length > 1) {
      size -= waiting.shift()?.length ?? 0;
      isCut = true;
    }
    wake();
  };
  const done = work(emit, both).finally(() => {
    isOver = true;
    wake();
  });
  done.catch(() => undefined);
  try {
    for (;;) {
      if (isCut) yield '[output cut: the reader is too slow]\n';
      isCut = false;
      const text = waiting.shift();
      if (text !== undefined) {
        size -= text.length;
        yield text;
        continue;
      }
      if (isOver) break;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    await done;
  } finally {
    own.abort();
    await done.catch(() => undefined);
  }
}

/** Split text that comes in pieces into lines without their newlines. */
export async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string, void, void> {
  let open = '';
  for await (const piece of pieces) {
    const parts = (open + piece).split('\n');
    open = parts.pop() ?? '';
    for (const line of parts) yield line.replace(/\r$/, '');
  }
  if (open !== '') yield open.replace(/\r$/, '');
}
