/** Facts about the git commit that a source is at. */
export interface GitFacts {
  /** URL without credentials; absent for a repository without a remote. */
  readonly url?: string;
  /** Full SHA, 40 or 64 hex digits. */
  readonly commit: string;
  /** The ref as asked, or the branch of a path source. */
  readonly ref?: string;
  /** When the change was written, ISO 8601. */
  readonly authorDate: string;
  /** When it was committed, ISO 8601. A plugin's own source may leave it out. */
  readonly commitDate?: string;
  /** What `git describe --tags --always` says; absent where the history that it needs was not fetched. */
  readonly describe?: string;
  /** A tag of this very commit, without `refs/tags/`. */
  readonly tag?: string;
  /** Whether the work tree differs from the commit. */
  readonly isDirty: boolean;
}

/** Facts about an archive that a source was taken from. */
export interface ArchiveFacts {
  /** Without credentials; absent for a file. */
  readonly url?: string;
  /** Of the bytes as they came: `sha256:<hex>`. */
  readonly digest: string;
  readonly bytes: number;
}

/** The source tree on disk. */
export interface Checkout {
  readonly kind: 'git' | 'path' | 'archive';
  /** Root of the source, absolute, symlinks resolved. */
  readonly directory: string;
  /** The build context: `directory`, or a directory inside it. Absolute, symlinks resolved. */
  readonly contextDir: string;
  readonly git?: GitFacts;
  readonly archive?: ArchiveFacts;
  /** Of a source that is a Dockerfile and nothing else. */
  readonly dockerfileText?: string;
}

/** What all submodules of a source together may have. */
export interface SubmoduleLimits {
  /** How many there may be. @default 1000 */
  readonly count?: number;
  /** How deep they may be nested. @default 10 */
  readonly depth?: number;
  /** Bytes of what is fetched and of the files that come out of it. @default 10737418240 (10 GiB) */
  readonly bytes?: number;
}

/** What a run builds from: a git URL (with optional `#ref:subdir`), a directory, an archive, or nothing. */
export type SourceRequest =
  | {
      readonly kind: 'git';
      readonly url: string;
      /** Branch, tag or SHA; wins over the URL's own. */
      readonly ref?: string;
      /** History to fetch in commits. @default 1; with a kept `.git` all of it */
      readonly depth?: number;
      /** `false` leaves submodules out; otherwise what they may be. @default true */
      readonly submodules?: boolean | SubmoduleLimits;
      /** Whether `.git` stays in the checkout; the URL's own word wins. @default false */
      readonly keepGitDir?: boolean;
      /** Whether the history and its tags are fetched, so that the facts have `describe`. @default where something needs it */
      readonly describe?: boolean;
      readonly lfs?: boolean;
      /** The user's own credentials for the host of the URL: of git's helpers in the global config, or of `~/.netrc`. @default neither is asked */
      readonly gitCredentials?: 'helper' | 'netrc';
      /** Schemes beyond https and ssh that this run may use. */
      readonly allowedSchemes?: readonly string[];
      /** Sub-directory that is the build context; wins over the URL's own. */
      readonly subdir?: string;
    }
  | { readonly kind: 'path'; readonly path: string }
  /** A tar, plain or by gzip, or a Dockerfile alone, from an http(s) URL. */
  | { readonly kind: 'archive'; readonly url: string }
  /** The same from a file, absolute. */
  | { readonly kind: 'archive-file'; readonly file: string }
  /** No files at all: for a Dockerfile that is given as text. */
  | { readonly kind: 'empty' };
