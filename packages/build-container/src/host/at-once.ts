import { cancellation, type PhaseName } from '@dock/core';

/** One of two things that happen at once, and the phase that a failure of it belongs to. */
export interface Strand<T> {
  /** The phase to begin with. */
  readonly phase: PhaseName;
  work(signal: AbortSignal, setPhase: (phase: PhaseName) => void): Promise<T>;
}

/**
 * Do two things at once. When one fails the other is told to stop, and has stopped when this rejects: nothing is made behind the back of the cleanup.
 *
 * @param onFailure told the phase of the first failure, which is the one that counts
 * @throws what the first failure is
 */
export async function atOnce<A, B>(
  strands: readonly [Strand<A>, Strand<B>],
  signal: AbortSignal,
  onFailure: (phase: PhaseName) => void,
): Promise<[A, B]> {
  const failed = new AbortController();
  const both = AbortSignal.any([signal, failed.signal]);
  let first: { readonly error: unknown } | undefined;
  const run = async <T>(strand: Strand<T>): Promise<T | undefined> => {
    let { phase } = strand;
    try {
      return await strand.work(both, (next) => {
        phase = next;
      });
    } catch (error) {
      if (first !== undefined) return undefined;
      first = { error };
      onFailure(phase);
      failed.abort(error);
      return undefined;
    }
  };
  const [a, b] = await Promise.all([run(strands[0]), run(strands[1])]);
  if (first !== undefined) throw first.error;
  // Both may have come to their end without a look at it.
  if (signal.aborted) throw cancellation(signal.reason);
  return [a as A, b as B];
}
