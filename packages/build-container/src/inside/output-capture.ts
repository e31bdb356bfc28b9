import { StringDecoder } from 'node:string_decoder';

/** Takes the lines of what a process prints. */
export type LineSink = (line: string) => void;

/** Characters of an unfinished line that are held back. */
const heldLimit = 64 * 1024;

/** A captured output. */
export interface CapturedOutput {
  /** Hand on lines that have no end yet. */
  readonly flush: () => void;
  /** Hand them on, and let the streams write as before. */
  readonly release: () => void;
}

/** Replace `write` of standard output and standard error: what is printed becomes lines, of the caller's. */
export function captureOutput(
  onLine: LineSink,
  streams: readonly Pick<NodeJS.WriteStream, 'write'>[] = [process.stdout, process.stderr],
): CapturedOutput {
  const captured = streams.map((stream) => {
    const original = Reflect.get(stream, 'write') as NodeJS.WriteStream['write'];
    const decoder = new StringDecoder('utf8');
    let held = '';
    const take = (text: string): void => {
      const lines = (held + text).split('\n');
      held = lines.pop() ?? '';
      for (const line of lines) onLine(line);
      if (held.length > heldLimit) flush();
    };
    const flush = (): void => {
      const line = held;
      held = '';
      if (line !== '') onLine(line);
    };
    const write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
      const encoding = typeof rest[0] === 'string' ? (rest[0] as BufferEncoding) : 'utf8';
      take(decoder.write(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : Buffer.from(chunk)));
      const done = rest.find((each) => typeof each === 'function') as (() => void) | undefined;
      if (done !== undefined) setImmediate(done);
      return true;
    };
    stream.write = write as NodeJS.WriteStream['write'];
    return {
      flush,
      release: (): void => {
        stream.write = original;
        take(decoder.end());
        flush();
      },
    };
  });
  return {
    flush: () => captured.forEach(({ flush }) => flush()),
    release: () => captured.forEach(({ release }) => release()),
  };
}
