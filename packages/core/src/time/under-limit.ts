import { setLimit } from './set-limit.js';

/** How long work may take. */
export interface WorkLimit {
  /** The caller's. */
  readonly signal?: AbortSignal | undefined;
  /** ms; 0 or infinite: none. */
  readonly limitMs: number;
  /** What the work is aborted with once the time is over. */
  readonly overTime: () => unknown;
}

/**
 * Do work under a caller's signal and a limit. It gets one signal, which the first of the two aborts with its own reason, and is waited for: work that does not
 * look at its signal is raced by the caller, with `orCancelled`.
 */
export async function underLimit<T>(
  { signal, limitMs, overTime }: WorkLimit,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  // A controller of our own: what only `AbortSignal.any` knows of may be collected before it fires.
  const own = new AbortController();
  const onAbort = () => own.abort(signal?.reason);
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  const clearLimit = setLimit(limitMs, () => own.abort(overTime()));
  try {
    return await work(own.signal);
  } finally {
    clearLimit();
    signal?.removeEventListener('abort', onAbort);
  }
}
