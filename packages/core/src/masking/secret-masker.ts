import { DockError } from '../errors/dock-error.js';
import { seenText } from '../text/terminal-controls.js';
import { createFormIndex } from './form-index.js';
import { isNameKey, isOwnKey, isOwnValue } from './own-words.js';
import { secretForms, shortestSecret } from './secret-forms.js';

/** What stands where a secret was. */
export const mask = '***';

/** Masks text that arrives in chunks: what could be the beginning of a secret is held back until it is known. */
export interface StreamMasker {
  /** The part of the text so far that is safe to show. */
  write(chunk: string): string;
  /** What was held back, at the end. */
  end(): string;
}

/** Characters that are held back because a secret may go on behind control sequences. */
const seeThroughLimit = 16 * 1024;

/** Masks known secrets, in every form of {@link secretForms}, also where control sequences stand in the middle of one: what shows the text takes them out. */
export interface SecretMasker {
  /** Mask this value from now on. `label` names it in the error. @throws SECRET_TOO_SHORT under four characters */
  add(secret: string, label?: string): void;
  /**
   * Show these names as they are where a result or event names an image: a password that is also a part of a name tells nothing there, and a name
   * with a mask in it is one that does not exist.
   */
  keepNames(names: Iterable<string>): void;
  maskText(text: string): string;
  /** A copy of plain JSON with every string, keys included, masked; only the words of dock's own event and result format stay. */
  maskValue<Value>(value: Value): Value;
  /** @param kind Nobody sees `bytes` on a terminal: control sequences are part of them. @default 'text' */
  createStream(kind?: 'text' | 'bytes'): StreamMasker;
}

interface Span {
  start: number;
  end: number;
}

/**
 * A masker that knows no secret yet.
 *
 * @param onAdd Hears of each secret that it was given.
 */
export function createSecretMasker(onAdd?: (secret: string) => void): SecretMasker {
  const forms = createFormIndex();
  const kept = new Set<string>();

  const find = (text: string, placeOf: (index: number) => number): Span[] => {
    const found: Span[] = [];
    for (let start = 0; start < text.length; start++) {
      const length = forms.lengthAt(text, start);
      if (length > 0) found.push({ start: placeOf(start), end: placeOf(start + length - 1) + 1 });
    }
    return found;
  };

  /** Where secrets stand, overlapping ones merged: masking one must not leave the rest of another. */
  const spans = (text: string, kind: 'text' | 'bytes' = 'text'): Span[] => {
    if (forms.size === 0) return [];
    const found = find(text, (index) => index);
    const seen = kind === 'text' ? seenText(text) : undefined;
    if (seen !== undefined) found.push(...find(seen.text, seen.placeOf));
    const merged: Span[] = [];
    for (const span of seen === undefined ? found : found.sort((a, b) => a.start - b.start)) {
      const last = merged.at(-1);
      if (last !== undefined && span.start < last.end) last.end = Math.max(last.end, span.end);
      else merged.push(span);
    }
    return merged;
  };

  /** From where on a text that goes on could be the beginning of a secret. */
  const unfinishedFrom = (text: string, kind: 'text' | 'bytes'): number => {
    const from = forms.unfinishedFrom(text);
    const seen = kind === 'text' ? seenText(text, true) : undefined;
    if (seen === undefined) return from;
    const place = seen.placeOf(forms.unfinishedFrom(seen.text));
    return text.length - place > seeThroughLimit ? from : Math.min(from, place);
  };

  const render = (text: string, found: readonly Span[], from: number, to: number): string => {
    let out = '';
    let at = from;
    for (const span of found) {
      out += text.slice(at, span.start) + mask;
      at = span.end;
    }
    return out + text.slice(at, Math.max(at, to));
  };

  const maskText = (text: string): string => {
    const found = spans(text);
    return found.length === 0 ? text : render(text, found, 0, text.length);
  };

  const maskAny = (value: unknown, key = ''): unknown => {
    if (typeof value === 'string') return isNameKey(key) && kept.has(value) ? value : maskText(value);
    if (Array.isArray(value)) return value.map((member) => maskAny(member, key));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => maskMember(key, member)));
  };

  const maskMember = (key: string, member: unknown): [string, unknown] => [
    isOwnKey(key) ? key : maskText(key),
    typeof member === 'string' && isOwnValue(key, member) ? member : maskAny(member, key),
  ];

  return {
    add(secret, label) {
      if (secret.length < shortestSecret) {
        throw new DockError(
          'SECRET_TOO_SHORT',
          `The secret${label === undefined ? '' : ` "${label}"`} of ${secret.length} characters cannot be masked: the least is ${shortestSecret}.`,
        );
      }
      for (const form of secretForms(secret)) forms.add(form);
      onAdd?.(secret);
    },
    keepNames(names) {
      for (const name of names) kept.add(name);
    },
    maskText,
    maskValue: <Value>(value: Value) => (forms.size === 0 ? value : (maskAny(value) as Value)),
    createStream(kind = 'text') {
      let held = '';
      // How much of the held text a mask that is already out stands for: a secret may begin in one that just ended.
      let covered = 0;
      const advance = (text: string, hold: number): string => {
        const found: Span[] = [];
        for (const span of spans(text, kind)) {
          if (span.start < covered) covered = Math.max(covered, span.end);
          else if (span.start < hold) found.push(span);
        }
        const out = render(text, found, covered, hold);
        const end = Math.max(hold, covered, found.at(-1)?.end ?? 0);
        held = text.slice(hold);
        covered = end - hold;
        return out;
      };
      return {
        write(chunk) {
          const text = held + chunk;
          if (forms.size === 0) {
            held = '';
            return text;
          }
          return advance(text, unfinishedFrom(text, kind));
        },
        end: () => advance(held, held.length),
      };
    },
  };
}
