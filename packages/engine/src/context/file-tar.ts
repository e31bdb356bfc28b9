import { tarEnd, tarHeader, tarPadding } from './tar-header.js';

/** A file or a directory of {@link fileTar}. */
export interface TarFileEntry {
  readonly path: string;
  /** Absent: a directory. */
  readonly content?: string | Uint8Array;
  /** @default 0o600, directories 0o700 */
  readonly mode?: number;
}

/** A tar of small files that are in memory; owner root. */
export function fileTar(entries: readonly TarFileEntry[]): Buffer {
  return Buffer.concat([openFileTar(entries), tarEnd]);
}

/** The same without an end: more members follow. */
export function openFileTar(entries: readonly TarFileEntry[]): Buffer {
  const mtimeSeconds = Math.floor(Date.now() / 1000);
  const blocks = entries.flatMap(({ path, content, mode }) => {
    if (content === undefined)
      return [tarHeader({ path, type: 'directory', mode: mode ?? 0o700, size: 0, mtimeSeconds })];
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    const header = tarHeader({ path, type: 'file', mode: mode ?? 0o600, size: bytes.length, mtimeSeconds });
    return [header, bytes, tarPadding(bytes.length)];
  });
  return Buffer.concat(blocks);
}
