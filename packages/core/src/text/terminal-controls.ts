/* oxlint-disable no-control-regex -- control characters are what is looked for */

/**
 * Escape sequences whole, so that their arguments do not stay behind as text: CSI (parameters and final character are captured), the string kinds (OSC, DCS,
 * SOS, PM, APC), others.
 */
export const escapeSequences =
  /(?:\x1b\[|\x9b)([0-?]*)[ -/]*([@-~])|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n\r]*(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]*[0-~]?/g;

/** Controls but for tab, line ends and ESC, and characters that reorder or split a line. */
export const controlCharacters =
  /[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** What a reader does not see: what is taken out before a person sees a text, and characters without width. */
const unseen = new RegExp(
  `${escapeSequences.source}|${controlCharacters.source}|\\p{Default_Ignorable_Code_Point}`,
  'gu',
);

/** The beginning of a sequence, or the first half of a character, whose rest may still come. */
const unfinishedSequence =
  /(?:(?:\x1b\[|\x9b)[0-?]*[ -/]*|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n\r]*\x1b?|\x1b[ -/]*|[\ud800-\udbff])$/;

/** What ends a string sequence, even by beginning another one. */
const stringEnd = /[\x07\x1b\x9c\n\r]/;
/* oxlint-enable no-control-regex */

/**
 * Where {@link unfinishedSequence} is found first; the text's length for nowhere. No sequence reaches over what ends a string, so the look begins at the last of
 * those. From the start of the text it would try every introducer up to the end of its string: quadratic time for a line of introducers.
 */
function unfinishedFrom(whole: string): number {
  // An ESC at the very end may be half of the string's own end.
  let from = whole.length - (whole.endsWith('\x1b') ? 2 : 1);
  while (from > 0 && !stringEnd.test(whole.charAt(from))) from -= 1;
  const start = Math.max(0, from);
  return start + (unfinishedSequence.exec(whole.slice(start))?.index ?? whole.length - start);
}

/** What a reader sees of a text. */
export interface SeenText {
  readonly text: string;
  /** Where in the whole text a character of the seen one stands; the whole text's length for its end. */
  readonly placeOf: (index: number) => number;
}

/** A text as it is seen; `undefined` when that is the text itself. @param isOpen More may follow: a sequence that has begun at the end is not seen. */
export function seenText(whole: string, isOpen = false): SeenText | undefined {
  const end = isOpen ? unfinishedFrom(whole) : whole.length;
  const kept = whole.slice(0, end);
  const starts: number[] = [];
  const places: number[] = [];
  let text = '';
  let at = 0;
  const keepUntil = (place: number) => {
    if (place === at) return;
    starts.push(text.length);
    places.push(at);
    text += kept.slice(at, place);
  };
  for (const match of kept.matchAll(unseen)) {
    keepUntil(match.index);
    at = match.index + match[0].length;
  }
  if (at === 0 && end === whole.length) return undefined;
  keepUntil(end);
  return {
    text,
    placeOf: (index) => {
      if (index >= text.length) return whole.length;
      let low = 0;
      for (let high = starts.length; high - low > 1; ) {
        const middle = (low + high) >>> 1;
        if ((starts[middle] as number) <= index) low = middle;
        else high = middle;
      }
      return (places[low] as number) + index - (starts[low] as number);
    },
  };
}
