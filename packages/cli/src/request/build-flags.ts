import type { FlagValue } from './option-flags.js';

/** What the flags of `dock build` came to: those of the options, and those that decide beside them. */
export type BuildFlagValues = Readonly<Record<string, FlagValue>> & {
  readonly file?: string | undefined;
  readonly tag?: readonly string[] | undefined;
  readonly 'git-commit'?: string | undefined;
  readonly 'git-scheme'?: readonly string[] | undefined;
  readonly 'git-credentials'?: string | undefined;
  readonly 'no-submodules'?: boolean | undefined;
  readonly 'parent-registry'?: string | undefined;
  readonly push?: boolean | undefined;
  readonly load?: boolean | undefined;
  readonly 'no-push'?: boolean | undefined;
};
