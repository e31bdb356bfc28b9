/** Characters of a word that is compared. */
const longestWord = 100;

/** Edit distance in single-character insertions, deletions and substitutions, and swaps of neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = isSwap ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substitution, swap));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}

/**
 * The candidate that a mistyped word most likely means, or `undefined` when none is near.
 *
 * @param mostEdits Fewer than the length of the word would allow, where a word that is somewhat near may be meant as it is
 */
export function nearestWord(
  word: string,
  candidates: readonly string[],
  mostEdits: number = Number.POSITIVE_INFINITY,
): string | undefined {
  const folded = word.toLowerCase().replaceAll(/[-_]/g, '');
  // Two edits make any word of three letters another; and no key is as long as a pasted file.
  if (folded.length > longestWord) return undefined;
  const limit = Math.min(mostEdits, folded.length <= 3 ? 1 : Math.max(2, Math.floor(folded.length / 3)));
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = editDistance(folded, candidate.toLowerCase().replaceAll(/[-_]/g, ''));
    if (distance <= limit && (best === undefined || distance < best.distance)) best = { candidate, distance };
  }
  return best?.candidate;
}
