import { DockError } from '@dock/core';

/** What a member of an answer has to be, where it is there: engines leave members out, and say `null` for none. */
type MemberKind = 'text' | 'number' | 'flag' | 'texts' | 'text map' | 'list' | AnswerShape;

/** Members by their names, as far as dock reads them; a `!` behind the name marks one that no engine leaves out. */
export interface AnswerShape {
  readonly [name: string]: MemberKind;
}

/**
 * What an engine answered, where that has to be a JSON object of some shape. Members that are `null` count as left out: which of both an engine writes differs
 * by version, store and make.
 *
 * @param what the call, as in `inspecting image "app:1"`
 * @throws DAEMON_PROTOCOL for anything else
 */
export function documentOf<T extends object>(what: string, answer: unknown, shape: AnswerShape = {}): T {
  if (!isRecord(answer)) throw senseless(what, answer, `it is ${kindOf(answer)}, not a document`);
  const document = withoutNulls(answer);
  const fault = misfit(document, shape, '');
  if (fault !== undefined) throw senseless(what, answer, fault);
  return document as T;
}

/** As {@link documentOf}, for a list of objects; `null` and no answer at all are an empty one. */
export function listOf<T extends object>(what: string, answer: unknown, shape: AnswerShape = {}): readonly T[] {
  const rows = answer ?? [];
  if (!Array.isArray(rows)) throw senseless(what, answer, `it is ${kindOf(answer)}, not a list`);
  return rows.map((row) => documentOf<T>(what, row, shape));
}

/** Why a document is not of a shape; `undefined` when it is. */
function misfit(document: Readonly<Record<string, unknown>>, shape: AnswerShape, path: string): string | undefined {
  for (const [key, kind] of Object.entries(shape)) {
    const name = key.replace(/!$/, '');
    const place = `"${path}${name}"`;
    const value = Object.hasOwn(document, name) ? document[name] : undefined;
    if (value === undefined) {
      if (key !== name) return `it has no ${place}`;
    } else if (typeof kind === 'object') {
      if (!isRecord(value)) return `${place} is ${kindOf(value)}, not a document`;
      const fault = misfit(value, kind, `${path}${name}.`);
      if (fault !== undefined) return fault;
    } else if (!kinds[kind].is(value)) return `${place} is ${kindOf(value)}, not ${kinds[kind].name}`;
  }
  return undefined;
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const kinds = {
  text: { name: 'a text', is: isText },
  number: { name: 'a number', is: (value: unknown) => typeof value === 'number' },
  flag: { name: 'true or false', is: (value: unknown) => typeof value === 'boolean' },
  texts: { name: 'a list of texts', is: (value: unknown) => Array.isArray(value) && value.every(isText) },
  'text map': { name: 'texts by name', is: (value: unknown) => isRecord(value) && Object.values(value).every(isText) },
  list: { name: 'a list', is: (value: unknown) => Array.isArray(value) },
} as const;

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a document' : `of type ${typeof value}`;
}

function withoutNulls<T>(value: T): T;
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((each) => each !== null).map((each: unknown) => withoutNulls(each));
  if (!isRecord(value)) return value;
  const kept = Object.entries(value).filter(([, each]) => each !== null);
  return Object.fromEntries(kept.map(([key, each]) => [key, withoutNulls(each)]));
}

function senseless(what: string, answer: unknown, why: string): DockError {
  const text = typeof answer === 'string' ? answer : (JSON.stringify(answer) ?? 'nothing');
  return new DockError('DAEMON_PROTOCOL', `The engine's answer while ${what} makes no sense: ${why}.`, {
    hint: 'Something other than a Docker Engine answers there, or it is broken.',
    details: { answer: text.slice(0, 200) },
  });
}
