import { seenText } from '../text/terminal-controls.js';

/** A secret shorter than this, in characters, would mask ordinary text. */
export const shortestSecret = 4;

/** The characters of a base64 text that a secret alone decides when it begins `offset` bytes into a group of three. */
function base64Part(bytes: Buffer, offset: number, encoding: 'base64' | 'base64url'): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString(encoding);
  return text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
}

const xmlEscapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

function percentEncoded(text: string): string[] {
  let upper: string;
  try {
    upper = encodeURIComponent(text);
  } catch {
    // A lone surrogate cannot be percent-encoded; such a text has no URL form.
    return [];
  }
  const strict = upper.replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  const lower = (escaped: string) => escaped.replaceAll(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase());
  return [upper, strict, lower(upper), lower(strict), strict.replaceAll('%20', '+')];
}

const unicodeEscape = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** JSON as JavaScript writes it, with escaped slashes, as Go writes it (HTML characters escaped), and in ASCII only. */
function jsonEscaped(text: string): string[] {
  const json = JSON.stringify(text).slice(1, -1);
  const go = json.replaceAll(/[&<>\u2028\u2029]/g, unicodeEscape);
  return [
    json,
    json.replaceAll('/', String.raw`\/`),
    go,
    ...[json, go].map((each) => each.replaceAll(/[^ -~]/g, unicodeEscape)),
  ];
}

const base64Forms = (bytes: Buffer): string[] =>
  [0, 1, 2].flatMap((offset) => [base64Part(bytes, offset, 'base64'), base64Part(bytes, offset, 'base64url')]);

const hexForms = (bytes: Buffer): string[] => [bytes.toString('hex'), bytes.toString('hex').toUpperCase()];

/** UTF-16 in both byte orders, as what reads it as UTF-8 shows it, in hex and in base64; and Latin-1 as what reads that as UTF-8 shows it. */
function formsInOtherEncodings(secret: string): string[] {
  const little = Buffer.from(secret, 'utf16le');
  const big = Buffer.from(little).swap16();
  const shown = [little, big].map((bytes) => bytes.toString('utf8').replaceAll(outerNuls, ''));
  return [
    ...shown,
    Buffer.from(secret, 'latin1').toString('utf8'),
    ...[little, big].flatMap((bytes) => [...hexForms(bytes), ...base64Forms(bytes)]),
  ];
}

// oxlint-disable-next-line no-control-regex -- the halves of characters under 256
const outerNuls = /^\0+|\0+$/g;

function formsOfLine(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const xml = secret.replaceAll(/[&<>"']/g, (character) => xmlEscapes[character] ?? character);
  return [
    secret,
    ...jsonEscaped(secret),
    xml,
    xml.replaceAll('&apos;', '&#39;').replaceAll('&quot;', '&#34;'),
    secret.replaceAll("'", String.raw`'\''`),
    secret.replaceAll(/["\\$`]/g, (character) => `\\${character}`),
    ...hexForms(bytes),
    ...percentEncoded(secret),
    ...base64Forms(bytes),
    ...formsInOtherEncodings(secret),
  ];
}

/**
 * Every way in which a secret may be written: plain, base64 and base64url at three offsets, percent-encoded, JSON, XML and shell escapes, hex, UTF-16; and
 * each as it is seen once control characters are taken out. A secret of several lines is also masked line by line, since logs are cut at line ends.
 */
export function secretForms(secret: string): Set<string> {
  const lines = secret.split(/\r\n|[\r\n]/).map((line) => line.trim());
  const parts = lines.length > 1 ? [secret, ...lines.filter((line) => line.length >= shortestSecret)] : [secret];
  const forms = parts.flatMap(formsOfLine);
  const seen = forms.flatMap((form) => seenText(form)?.text ?? []);
  return new Set([...forms, ...seen].filter((form) => form.length >= shortestSecret));
}
