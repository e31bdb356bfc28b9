import { formatImageReference, type ImageReference, type TargetReference } from '@dock/core';

/** `registry/repository:tag`: how a target is named in messages and in the engine. */
export function targetName({ registry, repository, tag }: ImageReference): string {
  return formatImageReference({ registry, repository, ...(tag === undefined ? {} : { tag }) });
}

/** What is to be pushed: everything that is not local only. */
export function publishable(references: readonly TargetReference[]): readonly TargetReference[] {
  return references.filter((reference) => reference.isLocalOnly !== true);
}
