import type { Instruction, Stage } from './dockerfile.js';
import { splitAtBlanks, trim } from './white-space.js';

/** The two things that the value of FROM names. */
export interface FromValue {
  readonly base?: string;
  /** As written. */
  readonly name?: string;
}

/** Splits the value of FROM, leniently: a name is there only in `base AS name`. */
export function readFrom(value: string): FromValue {
  const [base = '', as, name] = splitAtBlanks(trim(value));
  if (base === '') return {};
  return as?.toLowerCase() === 'as' && name !== undefined ? { base, name } : { base };
}

/** What is wrong with a FROM; undefined when nothing is. */
export function checkFrom(from: Instruction): string | undefined {
  const [, as, name] = from.args;
  const hasName = from.args.length === 3 && as?.toLowerCase() === 'as' && name !== undefined;
  if (from.args.length !== 1 && !hasName) return 'FROM requires an image, or an image, AS and a name';
  if (hasName && !/^[a-z][a-z0-9-_.]*$/.test(name.toLowerCase())) {
    return `"${name}" is not a name for a stage; it must start with a letter and have only letters, digits, "-", "_" and "."`;
  }
  return undefined;
}

/** The value of a flag: `flagValue(copy, 'from')` of `--from=builder`. */
export function flagValue(instruction: Pick<Instruction, 'flags'>, name: string): string | undefined {
  return flagValues(instruction, name)[0];
}

/** All values of a flag that can be repeated. */
export function flagValues(instruction: Pick<Instruction, 'flags'>, name: string): string[] {
  const start = `--${name}=`;
  return instruction.flags.filter((flag) => flag.startsWith(start)).map((flag) => flag.slice(start.length));
}

/** Groups instructions by stage; those before the first FROM are left out. */
export function groupStages(instructions: readonly Instruction[]): Stage[] {
  const starts = instructions.flatMap((instruction, index) =>
    instruction.keyword === 'FROM' ? [{ instruction, index }] : [],
  );
  return starts.map(({ instruction: from, index: start }, index) => {
    const { base = '', name } = readFrom(from.value);
    const platform = flagValue(from, 'platform');
    return {
      index,
      ...(name === undefined ? {} : { name: name.toLowerCase() }),
      base,
      ...(platform === undefined ? {} : { platform }),
      from,
      instructions: instructions.slice(start + 1, starts[index + 1]?.index ?? instructions.length),
    };
  });
}
