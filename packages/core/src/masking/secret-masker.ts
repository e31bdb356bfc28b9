import { DockError } from '../errors/dock-error.js';
import { createFormIndex } from './form-index.js';
import { isOwnKey, isOwnValue } from './own-words.js';
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

/** Masks known secrets, in every form of {@link secretForms}. */
export interface SecretMasker {
  /** Mask this value from now on. `label` names it in the error. @throws SECRET_TOO_SHORT under four characters */
  add(secret: string, label?: string): void;
  maskText(text: string): string;
  /** A copy of plain JSON with every string, keys included, masked; only the words of dock's own event and result format stay. */
  maskValue<Value>(value: Value): Value;
  createStream(): StreamMasker;
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

  /** Where secrets stand, overlapping ones merged: masking one must not leave the rest of another. */
  const spans = (text: string): Span[] => {
    const found: Span[] = [];
    if (forms.size === 0) return found;
    for (let start = 0; start < text.length; start++) {
      const length = forms.lengthAt(text, start);
      if (length === 0) continue;
      const last = found.at(-1);
      const end = start + length;
      if (last !== undefined && start < last.end) last.end = Math.max(last.end, end);
      else found.push({ start, end });
    }
    return found;
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

  const maskAny = (value: unknown): unknown => {
    if (typeof value === 'string') return maskText(value);
    if (Array.isArray(value)) return value.map(maskAny);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => maskMember(key, member)));
  };

  const maskMember = (key: string, member: unknown): [string, unknown] => [
    isOwnKey(key) ? key : maskText(key),
    typeof member === 'string' && isOwnValue(key, member) ? member : maskAny(member),
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
    maskText,
    maskValue: <Value>(value: Value) => (forms.size === 0 ? value : (maskAny(value) as Value)),
    createStream() {
      let held = '';
      // How much of the held text a mask that is already out stands for: a secret may begin in one that just ended.
      let covered = 0;
      const advance = (text: string, hold: number): string => {
        const found: Span[] = [];
        for (const span of spans(text)) {
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
          return advance(text, forms.unfinishedFrom(text));
        },
        end: () => advance(held, held.length),
      };
    },
  };
}
