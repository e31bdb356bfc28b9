import { type Liveness, livenessOf, type ProcessIdentity, processIdentity } from '@dock/core';

/** Why something is left alone; `undefined` when it may be removed. */
export type Verdict = (made: {
  readonly identity?: ProcessIdentity;
  /** ISO 8601 */
  readonly createdAt?: string;
}) => string | undefined;

const reasons: Readonly<Record<Exclude<Liveness, 'gone'>, string>> = {
  alive: 'its process is alive',
  unknown:
    'its process belongs to another machine, boot or pid namespace, or cannot be told; --older-than removes it by age',
};

/**
 * Who may be removed: what belongs to a process of our own machine, boot and pid namespace that is gone; everything else only by its age, and
 * what belongs to a process that is known to live never.
 *
 * @param olderThanMs Age from which what cannot be told is removed too. @default never
 */
export function createVerdict(olderThanMs: number | undefined, now: number = Date.now()): Verdict {
  const own = processIdentity();
  return ({ identity, createdAt }) => {
    const liveness = identity === undefined ? 'unknown' : livenessOf(identity, own);
    if (liveness === 'gone') return undefined;
    const age = createdAt === undefined ? Number.NaN : now - Date.parse(createdAt);
    if (liveness === 'unknown' && olderThanMs !== undefined && age > olderThanMs) return undefined;
    return reasons[liveness];
  };
}
