import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Bytes that are collected before they go to the disk. */
const bufferSize = 64 * 1024;

/** The event stream of one run as a file. Writes are synchronous, so that what was said before a crash is there. */
export interface LogFile {
  readonly path: string;
  write(line: string): void;
  /** Put what is buffered on the disk. */
  flush(): void;
  close(): void;
}

/**
 * Open `events.ndjson` in a directory of the run (0700, file 0600).
 *
 * @param sizeLimit Bytes; later lines are left out and the last line says so. @default 1 GiB
 */
export function openLogFile(directory: string, sizeLimit = 1024 ** 3): LogFile {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, 'events.ndjson');
  const fd = openSync(path, 'w', 0o600);
  let waiting: Buffer[] = [];
  let waitingSize = 0;
  let size = 0;
  let isCut = false;
  let isOpen = true;
  const flush = () => {
    if (waiting.length === 0) return;
    const block = Buffer.concat(waiting);
    waiting = [];
    waitingSize = 0;
    for (let offset = 0; offset < block.length; ) offset += writeSync(fd, block, offset);
  };
  const push = (line: string) => {
    const bytes = Buffer.from(`${line}\n`);
    waiting.push(bytes);
    waitingSize += bytes.length;
    size += bytes.length;
    if (waitingSize >= bufferSize) flush();
  };
  return {
    path,
    write(line) {
      if (!isOpen || isCut) return;
      if (size + line.length > sizeLimit) {
        isCut = true;
        push(
          JSON.stringify({
            type: 'log',
            level: 'warn',
            message: `The log is cut here: its limit is ${sizeLimit} bytes.`,
          }),
        );
        return;
      }
      push(line);
    },
    flush,
    close() {
      if (!isOpen) return;
      flush();
      isOpen = false;
      closeSync(fd);
    },
  };
}
