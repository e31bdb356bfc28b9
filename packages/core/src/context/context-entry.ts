/** One thing of a build context. */
export interface ContextEntry {
  /** Relative to the context, with `/`. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink';
  /** Permission bits with set-user-id, set-group-id and sticky. */
  readonly mode: number;
  /** Bytes; 0 unless a file. */
  readonly size: number;
  /** Nanoseconds since 1970. */
  readonly mtimeNs: bigint;
  /** When content or attributes changed last, which nobody can set, nanoseconds since 1970; absent for what is not on disk. */
  readonly ctimeNs?: bigint;
  /** Of a symlink: where it points, as it is. */
  readonly target?: string;
  /** Of a file with several names: the same for all of them. */
  readonly inode?: string;
  /** Sent instead of what is on disk. */
  readonly content?: Uint8Array;
}

/** Limits of a build context. */
export interface ContextLimits {
  /** Bytes of all files together. @default 10737418240 (10 GiB) */
  readonly maxBytes?: number;
  /** Entries of every kind. @default 1000000 */
  readonly maxFiles?: number;
}

/** What is to be sent. */
export interface ContextRequest {
  /** Absolute. */
  readonly contextDir: string;
  /** Absolute; inside or outside the context. */
  readonly dockerfilePath: string;
  /** What is built; may differ from the file. */
  readonly dockerfileText: string;
  readonly limits?: ContextLimits;
  readonly signal?: AbortSignal;
}

/** What a walk found, after `.dockerignore`. */
export interface BuildContext {
  readonly contextDir: string;
  /** Each directory before what is inside; names in the order of their bytes. */
  readonly entries: readonly ContextEntry[];
  /** Path of the Dockerfile within the entries. */
  readonly dockerfileName: string;
  /** Bytes of all files. */
  readonly bytes: number;
  /** The ignore file that was used, relative to the context; absent when there is none. */
  readonly ignoreFile?: string;
  /** Sentences for the result's warnings. */
  readonly warnings: readonly string[];
}
