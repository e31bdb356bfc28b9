import type { TapFunction } from './tap.js';

/** A `tapPromise` function: what it returns must be a promise. */
export function promiseStyle(fn: TapFunction): TapFunction {
  return (...args) => {
    const returned = fn(...args);
    if (typeof (returned as PromiseLike<unknown> | undefined | null)?.then !== 'function')
      throw new TypeError('a function given to tapPromise returned no promise');
    return returned;
  };
}

/**
 * A `tapAsync` function: it calls back exactly once. A second call, or a failure, before the value is taken is an error,
 * so later taps never run twice.
 */
export function callbackStyle(fn: TapFunction): TapFunction {
  return async (...args) => {
    let calls = 0;
    let late: { reason: unknown } | undefined;
    const result = await new Promise<{ error: unknown; value: unknown; hasError: boolean }>((resolve, reject) => {
      const callback = (...given: unknown[]) => {
        calls += 1;
        if (calls === 1)
          resolve({ error: given[0], value: given[1], hasError: given[0] !== undefined && given[0] !== null });
      };
      (async () => fn(...args, callback))().catch((reason: unknown) => {
        late = { reason };
        reject(reason);
      });
    });
    // A double callback, or a throw after it, usually comes in the same turn: let that turn end before the value counts.
    await new Promise((resolve) => setImmediate(resolve));
    if (calls > 1) throw new TypeError(`a function given to tapAsync called back ${calls} times`);
    if (result.hasError) throw result.error;
    if (late !== undefined) throw (late as { reason: unknown }).reason;
    return result.value;
  };
}
