import type { BuildSpec } from '@dock/core';

/** The build backends behind the engine's API. */
export type Builder = 'classic' | 'buildkit';

/** What a builder does with an option: honours it, from an API version on, or not at all. Measured, not read. */
export type OptionSupport =
  | {
      readonly isHonoured: true /** From this API version on; `why` holds before. */;
      readonly sinceApi?: string;
      readonly why?: string;
    }
  | { readonly isHonoured: false; readonly why: string };

/** One option of a {@link BuildSpec} and what each builder does with it. */
export interface OptionRow {
  /** As the spec names it. */
  readonly option: keyof BuildSpec;
  /** The values that the row is about, where it is not about all. */
  readonly values?: string;
  /** Flag of `dock build`. */
  readonly flag: string;
  isAsked(spec: BuildSpec): boolean;
  readonly classic: OptionSupport;
  readonly buildkit: OptionSupport;
}

const honoured: OptionSupport = { isHonoured: true };
const hasAny = (list: readonly unknown[] | undefined): boolean => (list ?? []).length > 0;
const isPositive = (value: number | undefined): boolean => value !== undefined && value > 0;
const isPlainNetwork = (network: string | undefined): boolean =>
  network === undefined || ['', 'default', 'none', 'host'].includes(network);

/**
 * Which builder honours which option, on Engines 20.10 and 26.1 with the classic store and 26.1 with the containerd store, as `options.rig.test.ts` and
 * `options-more.rig.test.ts` prove. What is not honoured would be dropped without a word, so it is refused before anything is sent.
 */
export const optionSupport: readonly OptionRow[] = [
  {
    option: 'buildArgs',
    flag: '--build-arg',
    isAsked: ({ buildArgs }) => hasAny(Object.keys(buildArgs)),
    classic: honoured,
    buildkit: honoured,
  },
  {
    option: 'labels',
    flag: '--label',
    isAsked: ({ labels }) => hasAny(Object.keys(labels)),
    classic: honoured,
    buildkit: honoured,
  },
  {
    option: 'target',
    flag: '--target',
    isAsked: ({ target }) => target !== undefined,
    classic: honoured,
    buildkit: honoured,
  },
  {
    option: 'platforms',
    values: 'one',
    flag: '--platform',
    isAsked: ({ platforms }) => platforms.length === 1,
    classic: honoured,
    buildkit: honoured,
  },
  {
    option: 'platforms',
    values: 'several',
    flag: '--platform',
    isAsked: ({ platforms }) => platforms.length > 1,
    classic: { isHonoured: false, why: "one build through the engine's API makes one platform" },
    buildkit: { isHonoured: false, why: "one build through the engine's API makes one platform" },
  },
  { option: 'noCache', flag: '--no-cache', isAsked: ({ noCache }) => noCache, classic: honoured, buildkit: honoured },
  { option: 'pull', flag: '--pull', isAsked: ({ pull }) => pull, classic: honoured, buildkit: honoured },
  {
    option: 'network',
    values: '`default`, `none`, `host`',
    flag: '--network',
    isAsked: ({ network }) => network !== undefined && isPlainNetwork(network),
    classic: honoured,
    buildkit: honoured,
  },
  {
    option: 'network',
    values: 'a name',
    flag: '--network',
    isAsked: ({ network }) => !isPlainNetwork(network),
    classic: honoured,
    buildkit: { isHonoured: false, why: 'BuildKit knows the networks "default", "none" and "host" only' },
  },
  {
    option: 'addHosts',
    flag: '--add-host',
    isAsked: ({ addHosts }) => hasAny(addHosts),
    classic: honoured,
    buildkit: honoured,
  },
  {
    option: 'shmSize',
    flag: '--shm-size',
    isAsked: ({ shmSize }) => isPositive(shmSize),
    classic: honoured,
    buildkit: { isHonoured: true, sinceApi: '1.45', why: 'the BuildKit of this engine ignores the size of /dev/shm' },
  },
  {
    option: 'ulimits',
    flag: '--ulimit',
    isAsked: ({ ulimits }) => hasAny(ulimits),
    classic: honoured,
    buildkit: { isHonoured: true, sinceApi: '1.45', why: 'the BuildKit of this engine ignores resource limits' },
  },
  {
    option: 'memory',
    flag: '--memory',
    isAsked: ({ memory }) => isPositive(memory),
    classic: honoured,
    buildkit: { isHonoured: false, why: 'BuildKit knows no memory limit for a build' },
  },
  {
    option: 'cacheFrom',
    flag: '--cache-from',
    isAsked: ({ cacheFrom }) => hasAny(cacheFrom),
    classic: honoured,
    buildkit: honoured,
  },
  {
    option: 'secrets',
    flag: '--secret',
    isAsked: ({ secrets }) => hasAny(secrets),
    classic: { isHonoured: false, why: 'the classic builder knows no secrets' },
    buildkit: honoured,
  },
  {
    option: 'ssh',
    flag: '--ssh',
    isAsked: ({ ssh }) => hasAny(ssh),
    classic: { isHonoured: false, why: 'the classic builder forwards no ssh agent' },
    buildkit: honoured,
  },
];

/** Why an engine's builder would drop an option; absent when it honours it. */
export function whyDropped(row: OptionRow, builder: Builder, apiVersion: string): string | undefined {
  const support = row[builder];
  if (!support.isHonoured) return support.why;
  const minor = (version: string): number => Number(version.split('.')[1] ?? 0);
  if (support.sinceApi === undefined || minor(apiVersion) >= minor(support.sinceApi)) return undefined;
  return support.why ?? `it needs version ${support.sinceApi} of the API`;
}

/** What the reference page says of a builder and an option. */
function cell(support: OptionSupport): string {
  if (!support.isHonoured) return `refused: ${support.why}`;
  return support.sinceApi === undefined ? 'yes' : `from API ${support.sinceApi}, else refused: ${support.why ?? ''}`;
}

/** The rows of `docs/reference/build-options.md`. */
export function optionTable(): string[] {
  return optionSupport.map(
    (row) =>
      `| \`${row.option}\`${row.values === undefined ? '' : ` (${row.values})`} | \`${row.flag}\` | ${cell(row.classic)} | ${cell(row.buildkit)} |`,
  );
}
