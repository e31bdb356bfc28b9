/** What a member of an answer has to be, where it is there: engines leave members out, and say `null` for none. */
export type MemberKind = 'text' | 'number' | 'texts' | 'text map' | 'list' | AnswerShape;

/** Members by their names, as far as dock reads them. */
export interface AnswerShape {
  readonly [name: string]: MemberKind;
}

/**
 * Take an answer for what it should be.
 *
 * @param needed Members that no engine leaves out.
 * @throws TypeError naming what is wrong; within a call that is DAEMON_PROTOCOL
 */
export function expectShape<T>(answer: unknown, shape: AnswerShape, needed: readonly (keyof T & string)[] = []): T {
  if (!isRecord(answer)) throw new TypeError(`it is ${kindOf(answer)}, not an object`);
  for (const name of needed)
    if (answer[name] === undefined || answer[name] === null) throw new TypeError(`it has no "${name}"`);
  check(answer, shape, '');
  return answer as T;
}

function check(record: Readonly<Record<string, unknown>>, shape: AnswerShape, path: string): void {
  for (const [name, kind] of Object.entries(shape)) {
    const value = Object.hasOwn(record, name) ? record[name] : undefined;
    if (value === undefined || value === null) continue;
    const place = `${path}${name}`;
    if (typeof kind === 'object') {
      if (!isRecord(value)) throw wrong(place, value, 'an object');
      check(value, kind, `${place}.`);
    } else if (!isKind[kind](value)) throw wrong(place, value, names[kind]);
  }
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isKind = {
  text: isText,
  number: (value: unknown) => typeof value === 'number',
  texts: (value: unknown) => Array.isArray(value) && value.every(isText),
  'text map': (value: unknown) => isRecord(value) && Object.values(value).every(isText),
  list: (value: unknown) => Array.isArray(value),
} as const;

const names = {
  text: 'a text',
  number: 'a number',
  texts: 'a list of texts',
  'text map': 'texts by name',
  list: 'a list',
} as const;

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  return Array.isArray(value) ? 'a list' : `of type ${typeof value}`;
}

function wrong(place: string, value: unknown, wanted: string): TypeError {
  return new TypeError(`"${place}" is ${kindOf(value)}, not ${wanted}`);
}
