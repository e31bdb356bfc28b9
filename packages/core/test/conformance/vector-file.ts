/** One case of a vector file. More keys may stand beside these. */
export interface VectorCase {
  readonly name?: string;
  readonly input: unknown;
  readonly expected: unknown;
}

/** Runs one case; throws when the answer is not the expected one. */
export type CaseRunner = (one: VectorCase) => void | Promise<void>;

/** The runners of a file by the name of the set. */
export type FileRunners = Readonly<Record<string, CaseRunner>>;

/** A case that is not ours to pass. It is listed as it stands, so that another of its name still runs. */
export interface NotApplicable {
  readonly file: string;
  readonly set: string;
  readonly input: unknown;
  readonly expected: unknown;
  readonly reason: string;
}

/** A field of an object of unknown shape. */
export function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, key)?.value : undefined;
}

/** A field that must be a text; absent reads as ''. */
export function text(value: unknown, key: string): string {
  const found = field(value, key) ?? '';
  if (typeof found !== 'string') throw new TypeError(`"${key}" is not a text`);
  return found;
}

/** The input of a case that is one text. */
export function inputText({ input }: VectorCase): string {
  if (typeof input !== 'string') throw new TypeError('the input is not a text');
  return input;
}
