import { type BaseImage, type BuildSpec, type CheckoutContext, formatImageReference, isSameImage } from '@dock/core';
import type { FoundBase } from './find-base.js';
import { basesOf, readSpecDockerfile } from './pin-bases.js';

/**
 * The images that the ONBUILD triggers of found bases take something from: no line of the Dockerfile names them, so they are not among the spec's bases.
 *
 * @param found Which image each base of the spec is.
 */
export async function triggerBases(
  spec: BuildSpec,
  found: ReadonlyMap<BaseImage, FoundBase>,
  { engine, signal }: Pick<CheckoutContext, 'engine' | 'signal'>,
): Promise<BaseImage[]> {
  const lists = await Promise.all(
    [...found].map(async ([{ use, reference }, { pin, onBuild }]) => {
      if (use !== 'from') return undefined;
      const list =
        onBuild ?? (await engine.inspectImage(formatImageReference(pin ?? reference), { signal }))?.onBuild ?? [];
      return list.length === 0 ? undefined : { reference, list };
    }),
  );
  const known = lists.filter((each) => each !== undefined);
  if (known.length === 0) return [];
  const onbuild = (wanted: BaseImage['reference']) =>
    known.find(({ reference }) => isSameImage(reference, wanted))?.list;
  const isNamed = (one: { use: string; line: number; text: string }) =>
    spec.bases.some(({ use, line, text }) => use === one.use && line === one.line && text === one.text);
  return basesOf(spec, readSpecDockerfile(spec), onbuild).flatMap((one) =>
    one.reference === undefined || !one.isUsed || isNamed(one)
      ? []
      : [{ use: one.use, text: one.text, reference: one.reference, line: one.line }],
  );
}
