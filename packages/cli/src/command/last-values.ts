/** The part of a flag that decides how its words are found, and how often it counts. */
interface FlagShape {
  readonly type: string;
  readonly char?: string | undefined;
  readonly multiple?: boolean | undefined;
}

/** Where a flag with its value stands. */
interface Place {
  readonly at: number;
  readonly length: number;
}

/**
 * The words without the earlier ones of a flag that takes one value: as with docker, the last counts, so that a script may add to what it was given.
 * The parser would refuse the second.
 */
export function lastValues(argv: readonly string[], flags: Readonly<Record<string, FlagShape>>): string[] {
  const places = new Map<string, Place>();
  const dropped = new Set<number>();
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  for (let at = 0; at < end; ) {
    const { name, length } = flagAt(argv, at, flags);
    const { type, multiple } = Object.hasOwn(flags, name) ? (flags[name] ?? {}) : {};
    if (type === 'option' && multiple !== true && at + length <= end) {
      const earlier = places.get(name);
      for (let index = 0; index < (earlier?.length ?? 0); index += 1) dropped.add((earlier?.at ?? 0) + index);
      places.set(name, { at, length });
    }
    at += length;
  }
  return argv.filter((_, index) => !dropped.has(index));
}

/** The flag that begins with a word, and how many words it takes; a word that begins none is one by itself. */
function flagAt(
  argv: readonly string[],
  at: number,
  flags: Readonly<Record<string, FlagShape>>,
): { readonly name: string; readonly length: number } {
  const word = argv[at] ?? '';
  const [, long, whole] = /^--([^=]+)(=)?/.exec(word) ?? [];
  const [, char, rest = ''] = /^-([^-])(.*)$/s.exec(word) ?? [];
  const ofChar = char === undefined ? undefined : Object.keys(flags).find((each) => flags[each]?.char === char);
  const name = long ?? ofChar ?? '';
  const hasValue = long === undefined ? rest !== '' : whole !== undefined;
  return { name, length: Object.hasOwn(flags, name) && flags[name]?.type === 'option' && !hasValue ? 2 : 1 };
}
