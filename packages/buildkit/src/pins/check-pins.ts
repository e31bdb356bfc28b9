import { type BuildSpec, DockError, formatImageReference, repositoryName } from '@dock/core';
import { policyPins } from './source-policy.js';

/** A step that takes an image: `[build 1/3] FROM r.example/app:1@sha256:…`. */
const taken = /^(?:\[[^\]]*\] )?FROM (\S+)$/;

/**
 * Hold a build to its source policy: a builder that does not know policies passes them over without a word.
 *
 * @param names Names of the build's steps
 * @throws DIGEST_MISMATCH for a base that was taken under another name than its pin
 */
export function checkPins(spec: Pick<BuildSpec, 'bases'>, names: readonly string[]): void {
  const images = new Set(names.flatMap((name) => taken.exec(name)?.[1] ?? []));
  for (const { base, from, to } of policyPins(spec)) {
    const [asked, pin] = [formatImageReference(from), formatImageReference(to)];
    const own = `${repositoryName(to)}${from.tag === undefined ? '' : `:${from.tag}`}@${to.digest}`;
    const other = [...images].find(
      (image) => (image === asked || image.startsWith(`${asked}@`)) && image !== pin && image !== own,
    );
    if (other === undefined) continue;
    throw new DockError(
      'DIGEST_MISMATCH',
      `The builder took the base image "${base.text}" of line ${base.line} as "${other}", and it is pinned to "${pin}".`,
      {
        hint: 'The builder knows no source policies. Use an engine from version 23 on, or name the image by its digest.',
        details: { image: base.text, line: base.line, pin },
      },
    );
  }
}
