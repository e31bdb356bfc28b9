import { DockError } from '@dock/core';
import * as Flags from '@oclif/core/flags';
import type { FlagValue } from './option-flags.js';

/** What a value of such a flag comes to: nothing, because it is what happens anyway; a word about it; or a refusal. */
type Verdict = 'same' | { readonly notice: string } | { readonly refusal: string };

type Judge = (value: string) => Verdict;

const isOff = (value: string): boolean => /^(?:false|f|0)$/i.test(value);
const always: Judge = (value) => (isOff(value) ? { notice: 'dock always removes the containers of a build' } : 'same');

/** Flags of docker and buildx that stand in many scripts and name nothing that dock has: what they ask for is what happens, or makes no difference. */
const dockerFlags: Readonly<Record<string, Judge>> = {
  rm: always,
  'force-rm': () => 'same',
  compress: (value) => (isOff(value) ? 'same' : { notice: 'dock sends the build context as it is' }),
  // The log of every run has what it would show.
  debug: () => 'same',
  'disable-content-trust': (value) =>
    isOff(value) ? { refusal: 'dock does not verify signatures of Notary' } : 'same',
};

/** These flags as the parser takes them; help does not show them. */
export const dockerFlagDefinitions = Object.fromEntries(
  Object.keys(dockerFlags).map((flag) => [flag, Flags.boolean({ hidden: true })]),
);

/**
 * A line for each of these flags that makes no difference here.
 *
 * @throws OPTION_UNSUPPORTED for one that asks for what dock does not do
 */
export function dockerFlagNotices(given: Readonly<Record<string, FlagValue>>): string[] {
  return Object.entries(dockerFlags).flatMap(([flag, judge]) =>
    [given[flag]].flat().flatMap((value) => {
      if (value === undefined) return [];
      const verdict = judge(String(value));
      if (verdict === 'same') return [];
      const written = value === true ? `--${flag}` : `--${flag}=${String(value)}`;
      if ('notice' in verdict) return [`"${written}" changes nothing: ${verdict.notice}.`];
      throw new DockError('OPTION_UNSUPPORTED', `"${written}" cannot be done: ${verdict.refusal}.`, {
        hint: 'Leave it out.',
        details: { option: flag },
      });
    }),
  );
}
