/** What the flags of `dock build` came to. */
export interface BuildFlagValues {
  readonly tag?: readonly string[] | undefined;
  readonly file?: string | undefined;
  readonly 'build-arg'?: readonly string[] | undefined;
  readonly label?: readonly string[] | undefined;
  readonly target?: string | undefined;
  readonly platform?: readonly string[] | undefined;
  readonly builder?: string | undefined;
  readonly 'no-cache'?: boolean | undefined;
  readonly pull?: boolean | undefined;
  readonly network?: string | undefined;
  readonly 'add-host'?: readonly string[] | undefined;
  readonly 'shm-size'?: string | undefined;
  readonly ulimit?: readonly string[] | undefined;
  readonly memory?: string | undefined;
  readonly 'cache-from'?: readonly string[] | undefined;
  readonly secret?: readonly string[] | undefined;
  readonly ssh?: readonly string[] | undefined;
  readonly 'trust-frontend'?: boolean | undefined;
  readonly 'git-commit'?: string | undefined;
  readonly 'git-scheme'?: readonly string[] | undefined;
  readonly 'parent-registry'?: string | undefined;
  readonly push?: boolean | undefined;
  readonly 'no-push'?: boolean | undefined;
  readonly 'target-registry'?: readonly string[] | undefined;
}
