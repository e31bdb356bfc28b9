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

/** A number under {@link slots} for the four characters at a position. */
function slotOf(text: string, at: number): number {
  let hash = 0;
  for (let index = at; index < at + shortestSecret; index++) hash = Math.imul(hash, 31) + text.charCodeAt(index);
  return (hash ^ (hash >>> 16)) & (slots - 1);
}

/** An index without forms. */
export function createFormIndex(): FormIndex {
  const forms = new Set<string>();
  /** Forms by their first four characters, the longest first. */
  const byHead = new Map<string, string[]>();
  // Nearly every position of ordinary text is turned away here, without making a string.
  const isUsed = new Uint8Array(slots);
  let longest = 0;

  const candidatesAt = (text: string, at: number): readonly string[] | undefined =>
    isUsed[slotOf(text, at)] === 1 ? byHead.get(text.slice(at, at + shortestSecret)) : undefined;

  const isBeginning = (rest: string, candidates: Iterable<string>): boolean => {
    for (const form of candidates) if (form.length > rest.length && form.startsWith(rest)) return true;
    return false;
  };

  return {
    get size() {
      return forms.size;
    },
    add(form) {
      if (forms.has(form)) return;
      forms.add(form);
      longest = Math.max(longest, form.length);
      isUsed[slotOf(form, 0)] = 1;
      const head = form.slice(0, shortestSecret);
      const others = byHead.get(head) ?? [];
      byHead.set(
        head,
        [...others, form].sort((a, b) => b.length - a.length),
      );
    },
    lengthAt(text, at) {
      if (at + shortestSecret > text.length) return 0;
      return candidatesAt(text, at)?.find((form) => text.startsWith(form, at))?.length ?? 0;
    },
    unfinishedFrom(text) {
      for (let at = Math.max(0, text.length - longest + 1); at < text.length; at++) {
        const candidates = at + shortestSecret > text.length ? forms : candidatesAt(text, at);
        if (candidates !== undefined && isBeginning(text.slice(at), candidates)) return at;
      }
      return text.length;
    },
  };
}
