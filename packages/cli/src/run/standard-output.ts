/** Writes to the real standard output. */
export type WriteOutput = (text: string) => void;

/**
 * Keep standard output for the result: whatever else in this process prints there (a config, a plugin, a library) goes to standard error. Returns the
 * one way to the real stream. A reader that has gone away is no error.
 */
export function reserveStandardOutput(): WriteOutput {
  const { stdout, stderr } = process;
  const write = stdout.write.bind(stdout);
  stdout.write = ((chunk: Uint8Array | string, encoding?: BufferEncoding, done?: (error?: Error | null) => void) =>
    stderr.write(chunk, encoding, done)) as typeof stdout.write;
  for (const stream of [stdout, stderr]) stream.on('error', ignoreGoneReader);
  return (text) => void write(text);
}

function ignoreGoneReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
