/** Code points that take two columns (East Asian wide and emoji; Unicode TR 11, coarsely). */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** Code points that take none: combining marks, joiners, variation selectors. */
const zero = /[\p{Mn}\p{Me}\p{Cf}]/u;

/** A text without escape sequences, cut to a number of columns; an ellipsis says that something is missing. */
export function cutToWidth(text: string, columns: number): string {
  let width = 0;
  const kept: string[] = [];
  for (const character of text) {
    const step = zero.test(character) ? 0 : wide.test(character) ? 2 : 1;
    if (width + step > columns) return `${kept.slice(0, -1).join('')}…`;
    width += step;
    kept.push(character);
  }
  return text;
}
