/** A promise with its handles. */
export interface Latch {
  readonly promise: Promise<void>;
  readonly open: () => void;
  readonly fail: (error: unknown) => void;
}

/** Make a promise that is settled from outside. A failure that nobody waits for is not an unhandled rejection. */
export function makeLatch(): Latch {
  let open!: () => void;
  let fail!: (error: unknown) => void;
  const promise = new Promise<void>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  promise.catch(() => undefined);
  return { promise, open, fail };
}
