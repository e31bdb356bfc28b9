/** Takes the lines of what a process prints. */
export type LineSink = (line: string) => void;

/** Replace `write` of standard output and standard error: what is printed becomes lines, of the caller's. */
export function captureOutput(onLine: LineSink): { readonly release: () => void } {
  const streams = [process.stdout, process.stderr].map((stream) => {
    const original = Reflect.get(stream, 'write') as typeof stream.write;
    let held = '';
    const write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
      const lines = (held + Buffer.from(chunk as string).toString('utf8')).split('\n');
      held = lines.pop() ?? '';
      for (const line of lines) onLine(line);
      const done = rest.find((each) => typeof each === 'function') as (() => void) | undefined;
      if (done !== undefined) setImmediate(done);
      return true;
    };
    stream.write = write as typeof stream.write;
    return () => {
      stream.write = original;
      if (held !== '') onLine(held);
      held = '';
    };
  });
  return { release: () => streams.forEach((release) => release()) };
}
