import { concurrently, type RunContext, type TargetReference } from '@dock/core';
import { createNameLender } from './lend-names.js';
import { publishReference, type PublishOutcome, type ReferenceScope } from './publish-reference.js';

/** What publishing needs. */
export interface PublishScope extends ReferenceScope {
  /** References at the same time. */
  readonly concurrency: number;
  /** Where a name that could not be given back is given back at last. */
  readonly onCleanup: RunContext['onCleanup'];
  /** Hears of each outcome as it comes. */
  onOutcome?(outcome: PublishOutcome): void;
}

/** Publish references at the same time, each with its own outcome, in the order of the references. Never rejects for a failing push. */
export async function publishReferences(
  references: readonly TargetReference[],
  scope: PublishScope,
): Promise<PublishOutcome[]> {
  const lender = createNameLender(scope);
  return concurrently(references, scope.concurrency, async (reference) => {
    const lent = lender.lend({ ...reference, tag: reference.tag ?? 'latest' });
    const outcome = await publishReference(reference, lent, scope);
    scope.onOutcome?.(outcome);
    return outcome;
  });
}
