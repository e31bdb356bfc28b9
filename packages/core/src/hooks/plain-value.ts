import { DockError } from '../errors/dock-error.js';

/** Bytes (UTF-16 code units, near enough) that a hook's value may hold. */
export const valueSizeLimit = 16 * 1024 * 1024;

/**
 * A deep-frozen copy of a value that holds nothing but plain JSON. `undefined` members are left out.
 *
 * @throws PLUGIN_FAILED for functions, cycles, class instances, a prototype under `__proto__`, or more than `limit`
 */
export function plainCopy(value: unknown, subject: string, limit: number = valueSizeLimit): unknown {
  let size = 0;
  const open = new Set<object>();
  const fail = (why: string): never => {
    throw new DockError('PLUGIN_FAILED', `${subject} ${why}.`, {
      hint: 'Return plain JSON: strings, numbers, booleans, arrays and objects.',
    });
  };
  const spend = (amount: number) => {
    size += amount;
    if (size > limit) fail(`is larger than ${limit} bytes`);
  };
  const copy = (at: unknown): unknown => {
    if (at === null || typeof at === 'boolean') return at;
    if (typeof at === 'string') {
      spend(at.length + 2);
      return at;
    }
    if (typeof at === 'number') {
      spend(8);
      return Number.isFinite(at) ? at : fail('holds a number that is not finite');
    }
    if (typeof at !== 'object') return fail(`holds a ${typeof at}`);
    if (open.has(at)) return fail('refers to itself');
    open.add(at);
    // Before the array is walked: one with a billion holes is short to write and long to visit.
    spend(Array.isArray(at) ? 2 + at.length : 2);
    const copied = Array.isArray(at) ? Array.from(at, copy) : copyObject(at);
    open.delete(at);
    return Object.freeze(copied);
  };
  const copyObject = (at: object): Record<string, unknown> => {
    const prototype: unknown = Object.getPrototypeOf(at);
    // An object of another realm (a test runner's, a vm's) has another Object.prototype: one step below null is plain enough.
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null) fail('holds an instance of a class');
    const copied: [string, unknown][] = [];
    for (const [key, member] of Object.entries(at)) {
      // As a name with a text, such as a label's, it is one like others; anything else in its place could become a prototype.
      if (key === '__proto__' && typeof member !== 'string') fail(`holds the key "${key}"`);
      if (member === undefined) continue;
      spend(key.length + 4);
      copied.push([key, copy(member)]);
    }
    return Object.fromEntries(copied);
  };
  return copy(value);
}
