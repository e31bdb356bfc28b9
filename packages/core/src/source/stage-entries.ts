/** An entry of git's index. */
export interface StageEntry {
  readonly mode: string;
  readonly id: string;
  /** `undefined` where it is not UTF-8. */
  readonly path: string | undefined;
}

/** What is read of an index: submodules, and the files that give files to filters. Basic regular expressions, for `sed` too. */
export const stagePatterns: readonly string[] = ['^160000 ', '[\t/]\\.gitattributes"*$'];

/** Reads those lines of `git ls-files --stage` that have one of {@link stagePatterns}. */
export function readStage(output: string): readonly StageEntry[] {
  const patterns = stagePatterns.map((pattern) => new RegExp(pattern));
  return output.split('\n').flatMap((line) => {
    const [, mode, id, path] = /^(\d{6}) ([0-9a-f]+) \d\t(.*)$/.exec(line) ?? [];
    if (mode === undefined || id === undefined || path === undefined) return [];
    return patterns.some((pattern) => pattern.test(line)) ? [{ mode, id, path: unquote(path) }] : [];
  });
}

const escapes: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, '"': 34, '\\': 92 };

/** A path as git quotes it where it has to (`core.quotePath` of git-config(1)). */
function unquote(path: string): string | undefined {
  if (!path.startsWith('"')) return path;
  const bytes: Buffer[] = [];
  for (const [, plain, octal, escaped = ''] of path.slice(1, -1).matchAll(/([^\\]+)|\\([0-7]{3})|\\(.)/gs)) {
    if (plain !== undefined) bytes.push(Buffer.from(plain));
    else bytes.push(Buffer.from([octal === undefined ? (escapes[escaped] ?? 63) : Number.parseInt(octal, 8)]));
  }
  const all = Buffer.concat(bytes);
  const text = all.toString('utf8');
  return Buffer.from(text).equals(all) ? text : undefined;
}
