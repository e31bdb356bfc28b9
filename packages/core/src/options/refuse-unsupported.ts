import type { BuildSpec } from '../contracts/build-spec.js';
import { DockError } from '../errors/dock-error.js';
import {
  type BuilderColumn,
  builderColumns,
  builderSupport,
  type OptionSupport,
  type SupportRow,
} from './builder-support.js';
import type { SpecOptions } from './spec-options.js';

/** A builder as far as it decides what an option does. */
export interface BuilderAbility {
  /** As people choose it. */
  readonly name: string;
  readonly column: BuilderColumn;
  /** Of the engine's API, for an engine's builders. */
  readonly apiVersion?: string | undefined;
  /** `v0.13.1`, of a BuildKit that is no engine's, where it says so. */
  readonly buildkitVersion?: string | undefined;
}

/** One row of the table for one option. */
interface OptionCells extends Omit<SupportRow<unknown>, 'isAsked'> {
  readonly option: keyof SpecOptions;
  isAsked(spec: Partial<SpecOptions>): boolean;
}

const rows: readonly OptionCells[] = Object.entries(builderSupport).flatMap(([key, support]) => {
  const option = key as keyof SpecOptions;
  return (support as readonly SupportRow<unknown>[]).map(({ isAsked, ...row }) => ({
    ...row,
    option,
    isAsked: (spec: Partial<SpecOptions>) => spec[option] !== undefined && isAsked(spec[option]),
  }));
});

/** Why a builder would drop an option; absent when it honours it. */
function whyDropped(support: OptionSupport, builder: BuilderAbility): string | undefined {
  if (!support.isHonoured) return support.why;
  if (support.since === undefined) return undefined;
  const isNew =
    builder.column === 'standalone'
      ? isFrom(support.since.buildkit, builder.buildkitVersion)
      : isFrom(support.since.api, builder.apiVersion);
  return isNew ? undefined : (support.why ?? 'it is too old');
}

/** A version that nobody tells is an old one. */
function isFrom(least: string, version = ''): boolean {
  const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.split('.').map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}

/** The first option of a spec that a builder would drop without a word. */
function findUnsupported(spec: BuildSpec, builder: BuilderAbility): OptionCells | undefined {
  return rows.find((row) => row.isAsked(spec) && whyDropped(row[builder.column], builder) !== undefined);
}

/** An option that a builder would drop without a word. */
export interface UnsupportedOption {
  /** Key of the config: `platforms`. */
  readonly option: keyof SpecOptions;
  /** The values that it is about, where it is not about all: `several`. */
  readonly values?: string;
  readonly why: string;
}

/** All that a builder would drop, whatever is asked of it. */
export function unsupportedOptions(builder: BuilderAbility): readonly UnsupportedOption[] {
  return rows.flatMap((row) => {
    const why = whyDropped(row[builder.column], builder);
    const { option, values } = row;
    return why === undefined ? [] : [{ option, ...(values === undefined ? {} : { values }), why }];
  });
}

/** Whether options ask for what an engine's BuildKit does with the containerd store only. */
export function needsContainerdStore(options: Partial<SpecOptions>): boolean {
  return rows.some((row) => !row.buildkit.isHonoured && row.containerd.isHonoured && row.isAsked(options));
}

/** Whether a builder would drop an option of a spec without a word. */
export function isUnsupported(spec: BuildSpec, builder: BuilderAbility): boolean {
  return findUnsupported(spec, builder) !== undefined;
}

/**
 * Refuse what a builder would silently drop.
 *
 * @param others Builders that can be chosen instead
 * @throws OPTION_UNSUPPORTED, whose hint names what can
 */
export function refuseUnsupported(
  spec: BuildSpec,
  builder: BuilderAbility,
  others: readonly BuilderAbility[] = [],
): void {
  const row = findUnsupported(spec, builder);
  if (row === undefined) return;
  const { option } = row;
  const other = others.find((each) => whyDropped(row[each.column], each) === undefined);
  const instead = other === undefined ? waysOf(row, builder.column) : `choose the builder "${other.name}"`;
  throw new DockError(
    'OPTION_UNSUPPORTED',
    `The option "${option}" cannot be used with the builder "${builder.name}": ${whyDropped(row[builder.column], builder) ?? ''}.`,
    {
      hint: instead === '' ? 'Leave the option out.' : `Leave the option out, or ${instead}.`,
      details: { option, builder: builder.name },
    },
  );
}

/** What honours an option, in the words of who has to set it up; empty when nothing does. */
function waysOf(row: OptionCells, own: BuilderColumn): string {
  const can = (column: BuilderColumn): boolean => column !== own && row[column].isHonoured;
  const ways = [
    ...(can('containerd') ? ['an engine with the containerd store'] : []),
    ...(can('standalone') ? ['another builder (--builder)'] : []),
    ...(can('containerd') ? ['--method privileged'] : []),
  ];
  return ways.length === 0 ? '' : `use ${listed(ways)}`;
}

function listed(ways: readonly string[]): string {
  return ways.length < 2 ? ways.join('') : `${ways.slice(0, -1).join(', ')} or ${ways.at(-1) ?? ''}`;
}

/** What the reference page says of a builder and an option. */
function cell(support: OptionSupport, column: BuilderColumn): string {
  if (!support.isHonoured) return `refused: ${support.why}`;
  if (support.since === undefined) return 'yes';
  const from = column === 'standalone' ? `BuildKit ${support.since.buildkit}` : `API ${support.since.api}`;
  return `from ${from}, else refused: ${support.why ?? ''}`;
}

/** The rows of `docs/reference/build-options.md`. @param flagOf The flag of an option, which the command line knows. */
export function supportTable(flagOf: (option: keyof SpecOptions) => string): string[] {
  return rows.map((row) => {
    const which = row.values === undefined ? '' : ` (${row.values})`;
    const cells = builderColumns.map((column) => cell(row[column], column));
    return `| \`${row.option}\`${which} | \`--${flagOf(row.option)}\` | ${cells.join(' | ')} |`;
  });
}
