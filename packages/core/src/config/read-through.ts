import { DockError } from '../errors/dock-error.js';
import { thrownMessage } from '../errors/thrown-message.js';
import { formatKeyPath } from './key-path.js';

/**
 * Read every member of a plain value once. A schema library meets a getter that throws with a rejected promise of its own, and
 * passes over `__proto__` as if it were not there: both are refused here, with their path.
 *
 * @param isTextMap Whether a path holds names with texts: there `__proto__` is a name like others.
 * @throws CONFIG_ERROR for a member that cannot be read; CONFIG_INVALID for a key `__proto__`
 */
export function readThrough(
  value: unknown,
  subject: string,
  isTextMap: (path: readonly PropertyKey[]) => boolean = () => false,
): void {
  const seen = new Set<object>();
  const visit = (at: unknown, path: readonly PropertyKey[]): void => {
    if (typeof at !== 'object' || at === null || seen.has(at)) return;
    seen.add(at);
    for (const key of keysOf(at, path, subject)) {
      const part = Array.isArray(at) ? Number(key) : key;
      const member = readMember(at, key, [...path, part], subject);
      if (key === '__proto__' && !(typeof member === 'string' && isTextMap(path))) {
        const message = `In ${subject}: unknown key "${formatKeyPath([...path, key])}".`;
        throw new DockError('CONFIG_INVALID', message, { hint: 'A key that reaches a prototype is never taken over.' });
      }
      visit(member, [...path, part]);
    }
  };
  visit(value, []);
}

/** The keys of a plain value; none of another, whose members are its own business. */
function keysOf(at: object, path: readonly PropertyKey[], subject: string): string[] {
  try {
    return isPlain(at) ? Object.keys(at) : [];
  } catch (error) {
    throw unreadable(path, subject, error);
  }
}

function readMember(at: object, key: string, path: readonly PropertyKey[], subject: string): unknown {
  try {
    return (at as Record<string, unknown>)[key];
  } catch (error) {
    throw unreadable(path, subject, error);
  }
}

function unreadable(path: readonly PropertyKey[], subject: string, cause: unknown): DockError {
  const what = path.length === 0 ? 'the value' : `"${formatKeyPath(path)}"`;
  return new DockError('CONFIG_ERROR', `In ${subject}: ${what} could not be read: ${thrownMessage(cause)}`, { cause });
}

/** Arrays, and objects one step below null, whatever realm they come from. */
function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
