import { badTree } from './output-error.js';

/** What one path of a tree is. */
export type SentKind = 'directory' | 'file' | 'symlink' | 'left-out';

/** Bounds of what one tree may hold in memory here. */
const usual = { paths: 2_000_000, bytes: 512 * 1024 * 1024 } as const;

/** Longest path that Linux takes, bytes, and directories that may be open for one. */
const longest = { bytes: 4095, depth: 255 } as const;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The paths of a tree that a builder sends, each held to the rules before anything is made of it. */
export class SentPaths {
  readonly #kinds = new Map<string, SentKind>();
  readonly #limits: { readonly paths: number; readonly bytes: number };
  #bytes = 0;

  constructor(limits: { readonly paths: number; readonly bytes: number } = usual) {
    this.#limits = limits;
  }

  kindOf(path: string): SentKind | undefined {
    return this.#kinds.get(path);
  }

  /**
   * Take a path: relative, in its shortest form, below a directory of this same tree, and new.
   *
   * @throws DAEMON_PROTOCOL
   */
  add(path: string, kind: SentKind): readonly string[] {
    const parts = path.split('/');
    if (path.startsWith('/')) throw badTree(path, 'is an absolute path');
    if (parts.some((part) => part === '..')) throw badTree(path, 'leads out of the destination');
    if (parts.some((part) => part === '' || part === '.')) throw badTree(path, 'is not a path in its shortest form');
    if (path.includes('\0')) throw badTree(path, 'has a zero byte in it');
    if (parts.length > longest.depth || Buffer.byteLength(path) > longest.bytes)
      throw badTree(
        `${path.slice(0, 200)}…`,
        `is longer than ${longest.bytes} bytes, or deeper than ${longest.depth} directories`,
      );
    if (this.#kinds.has(path)) throw badTree(path, 'it had sent before');
    const parent = parts.slice(0, -1).join('/');
    if (parent !== '' && this.#kinds.get(parent) !== 'directory')
      throw badTree(path, 'is not in a directory that it sent before');
    this.#bytes += path.length;
    if (this.#kinds.size >= this.#limits.paths || this.#bytes > this.#limits.bytes)
      throw badTree(path, `is one more than an output may have: ${this.#kinds.size} are there`);
    this.#kinds.set(path, kind);
    return parts;
  }
}

/** A name as text. One that is none could not be written as it is. @throws DAEMON_PROTOCOL */
export function nameText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw badTree(Buffer.from(bytes).toString('latin1'), 'is a name that is not UTF-8');
  }
}
