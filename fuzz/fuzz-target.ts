import { isDockError, isErrorCode } from '../packages/core/src/index.js';
import type fc from 'fast-check';

/** One reader of dock under fuzzing. */
export interface FuzzTarget<Input = unknown> {
  /** Also the name of its corpus directory: `a-z` and `-`. */
  readonly name: string;
  /** Plain JSON, so that a failing input can be kept as a file; bytes are base64 ({@link file://./arbitraries.ts}). */
  readonly input: fc.Arbitrary<Input>;
  /** Throws, or rejects, when the reader does not do what it promises for this input. */
  check(input: Input): void | Promise<void>;
}

/** A target among others. */
export function fuzzTarget<Input>(target: FuzzTarget<Input>): FuzzTarget {
  return target as FuzzTarget;
}

/** What a call gives, or `undefined` when it throws a DockError of the catalogue with a message and a hint; anything else is a crash. */
export function orDockError<Value>(call: () => Value): Value | undefined {
  try {
    return call();
  } catch (error) {
    assertDockError(error);
    return undefined;
  }
}

/** {@link orDockError} of a call that is awaited. */
export async function orDockRejection<Value>(call: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await call();
  } catch (error) {
    assertDockError(error);
    return undefined;
  }
}

function assertDockError(error: unknown): void {
  if (!isDockError(error) || !isErrorCode(error.code) || error.code === 'INTERNAL') throw error;
  if (error.message.trim() === '' || error.hint.trim() === '')
    throw new Error(`${error.code} has no message or no hint`, { cause: error });
}

/** What a call gives, or `undefined` when it throws an error of this class. */
export function orError<Value>(kind: new (...args: never[]) => Error, call: () => Value): Value | undefined {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof kind)) throw error;
    return undefined;
  }
}
