import type { BuildSpec } from '../contracts/build-spec.js';
import { attestationsOf } from '../options/attestation.js';
import type { RunScope } from './run-scope.js';

/** Warn of an image that is described twice: in its index by the builder, and beside it by plugins. Whoever reads one does not see the other. */
export function warnAttestations(scope: Pick<RunScope, 'hooks' | 'isPublishing' | 'warn'>, spec: BuildSpec): void {
  const asked = [...attestationsOf(spec).keys()];
  const taps = scope.isPublishing ? scope.hooks.attesters : [];
  if (asked.length === 0 || taps.length === 0) return;
  scope.warn({
    message: `the image gets attestations of the builder (${asked.join(', ')}) in its index, and of "${taps.join('", "')}" beside it`,
    hint: 'Choose one kind: a reader of the one does not see the other. See docs/guides/attestations.md.',
  });
}
