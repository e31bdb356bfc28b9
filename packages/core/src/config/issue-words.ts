/** What a schema says of a value that does not fit, with what zod adds. */
export interface SchemaIssue {
  readonly message: string;
  readonly code?: unknown;
  readonly expected?: unknown;
  readonly values?: unknown;
  /** Of a value that is too small or too big: what is measured, and the bound. */
  readonly origin?: unknown;
  readonly minimum?: unknown;
  readonly inclusive?: unknown;
}

const words: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
  record: 'an object',
  function: 'a function',
};

/** What a message calls a type that a schema names. */
export function typeWords(type: string): string {
  return words[type] ?? type;
}

/** `must be a number, not a string`. @param message The schema's own, which alone says what was there. */
function wrongType(expected: string, message: string): string {
  const received = /received (.*)$/.exec(message)?.[1] ?? '';
  if (expected === 'nonoptional') return 'is missing';
  const must = `must be ${expected}`;
  if (received === 'undefined') return `${must} and is missing`;
  return received === '' || expected === words['int'] ? must : `${must}, not ${typeWords(received)}`;
}

/** An issue as a sentence without its full stop. @param values What a key can be, where the schema does not tell with the issue. */
export function issueWords(subject: string, issue: SchemaIssue, values: readonly string[]): string {
  const { code, expected, message, origin, minimum, inclusive } = issue;
  const choices = values.length > 0 ? values : Array.isArray(issue.values) ? issue.values.map(String) : [];
  if (choices.length > 0) return `${subject} must be ${choices.map((each) => `"${each}"`).join(' or ')}`;
  if (code === 'invalid_type') return `${subject} ${wrongType(typeWords(String(expected)), message)}`;
  if (code === 'too_small' && origin === 'string' && minimum === 1) return `${subject} must not be empty`;
  if (code === 'too_small' && origin === 'number')
    return `${subject} must be ${inclusive === true ? 'at least' : 'more than'} ${String(minimum)}`;
  return `${subject}: ${message}`;
}
