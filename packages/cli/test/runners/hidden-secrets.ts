import { expect } from '@jest/globals';

/** What is searched, by where it is from. */
export type Places = Readonly<Record<string, string | Uint8Array>>;

/** Kinds of ways in which a value can be written. */
const kinds = ['plain', 'URL', 'hex', 'base64 at 0', 'base64 at 1', 'base64 at 2'] as const;

/** The characters of a base64 text that a value alone decides when `before` bytes of a group stand before it. */
function base64Forms(value: string, before: 0 | 1 | 2): string[] {
  const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(value)]);
  const [from, to] = [Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6)];
  return (['base64', 'base64url'] as const).map((encoding) => bytes.toString(encoding).slice(from, to));
}

/** JSON as JavaScript writes it, and as Go does. */
function plainForms(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1);
  const escape = (character: string) => `\\u00${character.charCodeAt(0).toString(16)}`;
  return [value, json, json.replaceAll(/[&<>]/g, escape)];
}

function urlForms(value: string): string[] {
  const encoded = encodeURIComponent(value);
  return [encoded, encoded.replaceAll(/%../g, (each) => each.toLowerCase()), encodeURIComponent(encoded)];
}

const formsOf = (value: string): Readonly<Record<(typeof kinds)[number], readonly string[]>> => ({
  plain: plainForms(value),
  URL: urlForms(value),
  hex: [Buffer.from(value).toString('hex')],
  'base64 at 0': base64Forms(value, 0),
  'base64 at 1': base64Forms(value, 1),
  'base64 at 2': base64Forms(value, 2),
});

/** A value in every form, as programs write it that know nothing of a search: with neighbours, and to its end. */
export function writtenForms(value: string): Readonly<Record<(typeof kinds)[number], string>> {
  return {
    plain: value,
    URL: encodeURIComponent(value),
    hex: Buffer.from(value).toString('hex'),
    'base64 at 0': Buffer.from(`${value}z`).toString('base64'),
    'base64 at 1': Buffer.from(`y${value}`).toString('base64'),
    'base64 at 2': Buffer.from(`xy${value}zz`).toString('base64'),
  };
}

/** In which forms a value is to be found. */
function foundIn(text: string | Uint8Array, value: string): string[] {
  const bytes = typeof text === 'string' ? Buffer.from(text) : Buffer.from(text.buffer, text.byteOffset, text.length);
  const forms = formsOf(value);
  return kinds.filter((kind) => [...new Set(forms[kind])].some((form) => bytes.includes(form)));
}

/** Hold places to having none of these secrets, by what they are for, in any form. */
export function expectNoSecret(places: Places, secrets: Readonly<Record<string, string>>): void {
  const found = Object.entries(places).flatMap(([place, text]) => {
    expect([place, text.length > 10]).toEqual([place, true]);
    return Object.entries(secrets).map(([kind, secret]) => [place, kind, foundIn(text, secret)] as const);
  });
  expect(found.filter(([, , forms]) => forms.length > 0)).toEqual([]);
}

/** Hold the search to finding what was written there on purpose, by {@link writtenForms}, in each place and every form. */
export function expectShown(places: Places, value: string): void {
  const found = Object.entries(places).map(([place, text]) => [place, foundIn(text, value)]);
  expect(found.length).toBeGreaterThan(0);
  expect(found).toEqual(Object.keys(places).map((place) => [place, [...kinds]]));
}
