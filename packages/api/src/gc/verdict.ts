import { type Liveness, livenessOf, type ProcessIdentity, processIdentity } from '@dock/core';

/** Why something is left alone; `undefined` when it may be removed. */
export type Verdict = (made: {
  readonly identity?: ProcessIdentity;
  /** ISO 8601 */
  readonly createdAt?: string;
  /** Somebody wants to look into it after the run. */
  readonly isKept?: boolean;
}) => string | undefined;

const reasons: Readonly<Record<Liveness, string>> = {
  alive: 'its process is alive',
  gone: 'it was to be kept; --older-than removes it by age',
  unknown:
    'its process belongs to another machine, boot or pid namespace, or cannot be told; --older-than removes it by age',
};

/**
 * Who may be removed: what belongs to a process of our own machine, boot and pid namespace that is gone; everything else only by its age, and
 * what belongs to a process that is known to live never. What was to be kept goes by its age too.
 *
 * @param olderThanMs Age from which what cannot be told is removed too. @default never
 */
export function createVerdict(olderThanMs: number | undefined, now: number = Date.now()): Verdict {
  const own = processIdentity();
  return ({ identity, createdAt, isKept = false }) => {
    const liveness = identity === undefined ? 'unknown' : livenessOf(identity, own);
    if (liveness === 'gone' && !isKept) return undefined;
    const age = createdAt === undefined ? Number.NaN : now - Date.parse(createdAt);
    if (liveness !== 'alive' && olderThanMs !== undefined && age > olderThanMs) return undefined;
    return reasons[liveness];
  };
}
