import { DockError } from '@dock/core';

/** The part of a flag that decides whether `--flag=false` means something. */
interface FlagKind {
  readonly type: string;
}

/** Words that docker takes for a boolean (Go `strconv.ParseBool`). */
export const truths: Readonly<Record<string, boolean>> = {
  1: true,
  t: true,
  T: true,
  true: true,
  True: true,
  TRUE: true,
  0: false,
  f: false,
  F: false,
  false: false,
  False: false,
  FALSE: false,
};

/**
 * `--push=true` and `--push=false`, as docker users may write booleans, in the form that the parser takes.
 *
 * @param impliedValues What flags mean without a value that may have one.
 */
export function plainBooleans(
  argv: readonly string[],
  flags: Readonly<Record<string, FlagKind>>,
  impliedValues: Readonly<Record<string, string>> = {},
): string[] {
  const end = argv.indexOf('--');
  return argv.flatMap((word, index) => {
    if (end !== -1 && index > end) return [word];
    const bare = word.startsWith('--') ? word.slice(2) : '';
    const implied = Object.hasOwn(impliedValues, bare) ? impliedValues[bare] : undefined;
    // As two words: the parser knows a flag in the place of a value only by its plain name.
    if (implied !== undefined) return [word, implied];
    const match = /^--([a-z-]+)=(\w+)$/.exec(word);
    const name = match?.[1] ?? '';
    const truth = truths[match?.[2] ?? ''];
    if (match === null || flags[name]?.type !== 'boolean' || truth === undefined) return [word];
    return truth ? [`--${name}`] : [];
  });
}

/** The flags that say `--flag=false`, the last word of each counting. */
export function deniedBooleans(argv: readonly string[], flags: Readonly<Record<string, FlagKind>>): Set<string> {
  const end = argv.indexOf('--');
  const denied = new Set<string>();
  for (const word of end === -1 ? argv : argv.slice(0, end)) {
    const [, name = '', value] = /^--([a-z-]+)(?:=(\w+))?$/.exec(word) ?? [];
    if (flags[name]?.type !== 'boolean') continue;
    if (value !== undefined && truths[value] === false) denied.add(name);
    else denied.delete(name);
  }
  return denied;
}

/**
 * A value that is no boolean would be parted from its flag by the parser, which then complains of another word.
 *
 * @throws USAGE
 */
export function refuseStrangeBooleans(
  command: string,
  argv: readonly string[],
  flags: Readonly<Record<string, FlagKind>>,
): void {
  const end = argv.indexOf('--');
  for (const word of plainBooleans(end === -1 ? argv : argv.slice(0, end), flags)) {
    const match = /^--([a-z-]+)=(.*)$/s.exec(word);
    const name = match?.[1] ?? '';
    if (match === null || flags[name]?.type !== 'boolean') continue;
    throw new DockError('USAGE', `"dock ${command}": the flag "--${name}" takes true or false, not "${match[2]}".`, {
      hint: `Write "--${name}", or "--${name}=false".`,
    });
  }
}
