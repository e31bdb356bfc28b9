import { cancellation } from '../errors/cancellation.js';

/** Wait for work that does not look at a signal by itself, and no longer than that. @throws CANCELLED, or the reason of the signal when that is an error of dock */
export async function orCancelled<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let onCancel = (): void => undefined;
  const cancelled = new Promise<never>((_, reject) => {
    onCancel = () => reject(cancellation(signal.reason));
  });
  if (signal.aborted) onCancel();
  signal.addEventListener('abort', onCancel);
  try {
    // One that is cancelled already comes first: work that is done too is not wanted any more.
    return await Promise.race([cancelled, work]);
  } finally {
    signal.removeEventListener('abort', onCancel);
  }
}
