/** A file of a repository: its text, or its content with permissions, or a symbolic link; `null` removes it in a later commit. */
export type RigFile =
  | string
  | { readonly content: string | Uint8Array; readonly mode?: '100644' | '100755' }
  | { readonly symlink: string }
  | null;

/** Files by path. */
export type RigFiles = Readonly<Record<string, RigFile>>;

/** A request that the git server answered. */
export interface GitRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly status: number;
  /** User of the `Authorization` header; absent when none was sent. */
  readonly user?: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/** A bare repository on the server, on branch `main`. Authors and dates are fixed: equal commits have equal SHAs. */
export interface RigRepository {
  readonly name: string;
  /** `http://127.0.0.1:<port>/<name>.git` */
  readonly url: string;
  /** The URL with the server's user and password in it; the same as `url` without auth. */
  readonly urlWithCredentials: string;
  /** The bare repository on disk. */
  readonly path: string;
  /** Commits files on top of a branch (made if it is new). @default message 'change', branch 'main' @returns the SHA */
  commit(files: RigFiles, message?: string, branch?: string): Promise<string>;
  /** Makes or moves a branch. @default at the head of main */
  branch(name: string, at?: string): Promise<void>;
  /** Makes a tag, annotated when it has a message. @default at the head of main */
  tag(name: string, options?: { readonly at?: string; readonly message?: string }): Promise<void>;
  /** SHA of the head of a branch. @default 'main' */
  head(branch?: string): Promise<string>;
}

/** A git server that answers; what tests may do with one that they share. */
export interface SharedRigGitServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Empty without auth. */
  readonly username: string;
  readonly password: string;
  /** Makes a repository with a first commit. */
  createRepository(name: string, files: RigFiles): Promise<RigRepository>;
  /** What was asked since the start, in order of the answers. */
  requests(): readonly GitRequest[];
}

/** A git server of one's own. */
export interface RigGitServer extends SharedRigGitServer {
  readonly pid: number;
  /** Ends it and removes its repositories. May be called twice. */
  stop(): Promise<void>;
}

/** What {@link startGitServer} is asked for. */
export interface GitServerOptions {
  /** Ask for these by basic authentication. @default anyone may read */
  readonly auth?: { readonly username: string; readonly password: string };
}
