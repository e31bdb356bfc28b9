import { shortestSecret } from './secret-forms.js';

/** Texts to be found, each of {@link shortestSecret} characters or more; one pass over a text finds all, however many they are. */
export interface FormIndex {
  readonly size: number;
  add(form: string): void;
  /** Length of the longest form that stands at a position; 0 for none. */
  lengthAt(text: string, at: number): number;
  /** The first position from which the rest of the text is the beginning, and not the whole, of a form; the text's length for none. */
  unfinishedFrom(text: string): number;
}

const slots = 1 << 16;
const { imul } = Math;

/** A number under {@link slots} for the four characters at a position. */
function slotOf(text: string, at: number): number {
  let hash = 0;
  for (let index = at; index < at + shortestSecret; index++) hash = imul(hash, 31) + text.charCodeAt(index);
  return (hash ^ (hash >>> 16)) & (slots - 1);
}

/** Forms in the order of their code units: those that begin with a text stand together, right after it. */
interface SortedForms {
  readonly forms: readonly string[];
  /** For each form the place of the longest other one that it begins with; -1 for none. */
  readonly beginnings: Int32Array;
}

function sortForms(all: Iterable<string>): SortedForms {
  const forms = [...all].sort();
  const beginnings = new Int32Array(forms.length);
  for (const [index, form] of forms.entries()) {
    let before = index - 1;
    while (before >= 0 && !form.startsWith(forms[before] as string)) before = beginnings[before] as number;
    beginnings[index] = before;
  }
  return { forms, beginnings };
}

/** The place of the first form after a text. */
function placeAfter(forms: readonly string[], text: string): number {
  let low = 0;
  for (let high = forms.length; low < high; ) {
    const middle = (low + high) >>> 1;
    if ((forms[middle] as string) <= text) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** An index without forms. */
export function createFormIndex(): FormIndex {
  const all = new Set<string>();
  const heads = new Set<string>();
  // Nearly every position of ordinary text is turned away here, without making a string.
  const isUsed = new Uint8Array(slots);
  let longest = 0;
  // Made when it is asked for: a secret of many lines brings hundreds of thousands of forms at once.
  let sorted: SortedForms | undefined;

  const isHeadAt = (text: string, at: number): boolean =>
    isUsed[slotOf(text, at)] === 1 && heads.has(text.slice(at, at + shortestSecret));

  return {
    get size() {
      return all.size;
    },
    add(form) {
      if (all.has(form)) return;
      all.add(form);
      sorted = undefined;
      longest = Math.max(longest, form.length);
      isUsed[slotOf(form, 0)] = 1;
      heads.add(form.slice(0, shortestSecret));
    },
    lengthAt(text, at) {
      if (at + shortestSecret > text.length || !isHeadAt(text, at)) return 0;
      const { forms, beginnings } = (sorted ??= sortForms(all));
      // Every form that stands here is the last one up to the text, or a beginning of that one.
      let place = placeAfter(forms, text.slice(at)) - 1;
      while (place >= 0 && !text.startsWith(forms[place] as string, at)) place = beginnings[place] as number;
      return forms[place]?.length ?? 0;
    },
    unfinishedFrom(text) {
      for (let at = Math.max(0, text.length - longest + 1); at < text.length; at++) {
        if (at + shortestSecret <= text.length && !isHeadAt(text, at)) continue;
        const { forms } = (sorted ??= sortForms(all));
        const rest = text.slice(at);
        if (forms[placeAfter(forms, rest)]?.startsWith(rest) === true) return at;
      }
      return text.length;
    },
  };
}
