import { DockError } from '@dock/core';
import * as Flags from '@oclif/core/flags';
import type { FlagValue } from './option-flags.js';

/** What a value of such a flag comes to: nothing, because it is what happens anyway; a word about it; or a refusal. */
type Verdict = 'same' | { readonly notice: string } | { readonly refusal: string };

interface DockerFlag {
  readonly kind: 'switch' | 'word';
  readonly judge: (value: string) => Verdict;
}

const isOff = (value: string): boolean => /^(?:false|f|0)$/i.test(value);
const always: DockerFlag['judge'] = (value) =>
  isOff(value) ? { notice: 'dock always removes the containers of a build' } : 'same';
const attestation: DockerFlag['judge'] = (value) =>
  isOff(value) || /(?:^|,)disabled=true(?:,|$)/i.test(value) ? 'same' : { refusal: 'dock makes no attestations' };

/** Flags of docker and buildx that stand in many scripts and name nothing that dock has: what they ask for is what happens, or makes no difference. */
const dockerFlags: Readonly<Record<string, DockerFlag>> = {
  rm: { kind: 'switch', judge: always },
  'force-rm': { kind: 'switch', judge: () => 'same' },
  compress: {
    kind: 'switch',
    judge: (value) => (isOff(value) ? 'same' : { notice: 'dock sends the build context as it is' }),
  },
  // The log of every run has what it would show.
  debug: { kind: 'switch', judge: () => 'same' },
  provenance: { kind: 'word', judge: attestation },
  sbom: { kind: 'word', judge: attestation },
  attest: { kind: 'word', judge: attestation },
  'disable-content-trust': {
    kind: 'switch',
    judge: (value) => (isOff(value) ? { refusal: 'dock does not verify signatures of Notary' } : 'same'),
  },
};

/** These flags as the parser takes them; help does not show them. */
export const dockerFlagDefinitions = Object.fromEntries(
  Object.entries(dockerFlags).map(([flag, { kind }]) => [
    flag,
    kind === 'switch'
      ? Flags.boolean({ hidden: true })
      : Flags.string({ hidden: true, multiple: true, multipleNonGreedy: true }),
  ]),
);

/**
 * A line for each of these flags that makes no difference here.
 *
 * @throws OPTION_UNSUPPORTED for one that asks for what dock does not do
 */
export function dockerFlagNotices(given: Readonly<Record<string, FlagValue>>): string[] {
  return Object.entries(dockerFlags).flatMap(([flag, { kind, judge }]) =>
    [given[flag]].flat().flatMap((value) => {
      if (value === undefined) return [];
      const verdict = judge(String(value));
      if (verdict === 'same') return [];
      const written = kind === 'switch' && value === true ? `--${flag}` : `--${flag}=${String(value)}`;
      if ('notice' in verdict) return [`"${written}" changes nothing: ${verdict.notice}.`];
      throw new DockError('OPTION_UNSUPPORTED', `"${written}" cannot be done: ${verdict.refusal}.`, {
        hint: 'Leave it out.',
        details: { option: flag },
      });
    }),
  );
}
