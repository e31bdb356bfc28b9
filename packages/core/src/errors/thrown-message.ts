/** Characters of a message that are kept. */
const longest = 64 * 1024;

/** A text cut to a length that a result can hold, saying so. */
export function clipped(text: string, limit: number = longest): string {
  return text.length <= limit ? text : `${text.slice(0, limit)}… (${text.length - limit} characters are left out)`;
}

function membersOf(value: object): string {
  const { message, errors, name } = value as { message?: unknown; errors?: unknown; name?: unknown };
  if (typeof message === 'string' && message !== '') return message;
  // A refused connection to a host with two addresses is an AggregateError without words of its own.
  if (Array.isArray(errors) && errors.length > 0) return errors.slice(0, 8).map(thrownMessage).join('; ');
  return value instanceof Error || typeof message === 'string'
    ? `an error without a message (${String(name)})`
    : 'an object that is no Error';
}

/** What a thrown value says. It never throws, whatever was thrown: a null-prototype object, a symbol, an error whose getters throw. */
export function thrownMessage(value: unknown): string {
  try {
    return clipped(typeof value === 'object' && value !== null ? membersOf(value) : String(value));
  } catch {
    return 'a value that cannot be described';
  }
}

/** Whether a thrown value is an error of the file system that says that a disk or quota is full. */
export function isDiskFull(value: unknown): boolean {
  try {
    const { code } = (value ?? {}) as { code?: unknown };
    return code === 'ENOSPC' || code === 'EDQUOT';
  } catch {
    return false;
  }
}
