import type { BuildSpec, SpecOptions } from '@dock/core';
import { builderOptions, type OptionSupport, type SupportRow } from './builder-options.js';

/** The build backends behind the engine's API. */
export type Builder = 'classic' | 'buildkit';

/** One option of a {@link BuildSpec} and what each builder does with it. */
export interface OptionRow extends Omit<SupportRow<unknown>, 'isAsked'> {
  /** As the spec names it. */
  readonly option: keyof SpecOptions;
  isAsked(spec: BuildSpec): boolean;
}

/** Which builder honours which option. */
export const optionSupport: readonly OptionRow[] = Object.entries(builderOptions).flatMap(([key, { support }]) => {
  const option = key as keyof SpecOptions;
  return (support as readonly SupportRow<unknown>[]).map(({ isAsked, ...row }) => ({
    ...row,
    option,
    isAsked: (spec: BuildSpec) => spec[option] !== undefined && isAsked(spec[option]),
  }));
});

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

/** The rows of `docs/reference/build-options.md`. @param flagOf The flag of an option, which the command line knows. */
export function optionTable(flagOf: (option: keyof SpecOptions) => string): string[] {
  return optionSupport.map(({ option, values, classic, buildkit }) => {
    const which = values === undefined ? '' : ` (${values})`;
    return `| \`${option}\`${which} | \`--${flagOf(option)}\` | ${cell(classic)} | ${cell(buildkit)} |`;
  });
}
