/** A promise that somebody else resolves. */
export interface Latch {
  readonly promise: Promise<void>;
  open(): void;
}

/** A closed latch. */
export function makeLatch(): Latch {
  let open: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open: () => open() };
}
