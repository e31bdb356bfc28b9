/** One entry of {@link tarArchive}. */
export interface TarEntry {
  readonly path: string;
  readonly content?: string | Uint8Array;
  /** Permissions. @default 0o644, directories and links 0o755 */
  readonly mode?: number;
  /** Target, for a symbolic link. */
  readonly symlink?: string;
  readonly isDirectory?: boolean;
}

const blockSize = 512;

/** A ustar archive (POSIX.1-1988) whose bytes depend on the entries alone: owner root, time 0. Paths up to 100 bytes. */
export function tarArchive(entries: readonly TarEntry[]): Buffer {
  const blocks: Buffer[] = [];
  for (const entry of entries) {
    const content = Buffer.from(entry.content ?? '');
    blocks.push(tarStart(entry, content.length), content, tarPadding(content.length));
  }
  return Buffer.concat([...blocks, Buffer.alloc(2 * blockSize)]);
}

/** What follows the content of an entry. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((blockSize - (size % blockSize)) % blockSize);
}

/** What goes before the content of an entry, for archives that are written piece by piece. */
export function tarStart(entry: Omit<TarEntry, 'content'>, size: number): Buffer {
  const path = entry.isDirectory === true ? `${entry.path}/` : entry.path;
  if (Buffer.byteLength(path) > 100) throw new RangeError(`path "${path}" is too long for the rig's archives`);
  const isFile = entry.isDirectory !== true && entry.symlink === undefined;
  const block = Buffer.alloc(blockSize);
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`;
  block.write(path, 0);
  block.write(octal(entry.mode ?? (isFile ? 0o644 : 0o755), 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(0, 12), 136);
  block.write(' '.repeat(8), 148);
  block.write(entry.isDirectory === true ? '5' : entry.symlink === undefined ? '0' : '2', 156);
  block.write(entry.symlink ?? '', 157);
  block.write('ustar\x0000', 257, 'latin1');
  block.write('root', 265);
  block.write('root', 297);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}
