import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const packages = fileURLToPath(new URL('../../..', import.meta.url));

function sourcesIn(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return sourcesIn(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

const isQuote = (character: string | undefined): boolean => character !== undefined && `'"\``.includes(character);

/** The end of the text that begins at a quote, the expressions of a template skipped. */
function endOfText(source: string, start: number): number {
  const quote = source[start];
  for (let at = start + 1; at < source.length; at++) {
    if (source[at] === '\\') at++;
    else if (quote === '`' && source.startsWith('${', at)) at = endOfExpression(source, at + 2);
    else if (source[at] === quote) return at + 1;
  }
  throw new Error(`a text does not end: ${source.slice(start, start + 80)}`);
}

/** The brace that closes an expression. */
function endOfExpression(source: string, start: number): number {
  let depth = 1;
  for (let at = start; at < source.length; at++) {
    if (isQuote(source[at])) at = endOfText(source, at) - 1;
    else if (source[at] === '{') depth++;
    else if (source[at] === '}' && --depth === 0) return at;
  }
  throw new Error(`an expression does not end: ${source.slice(start, start + 80)}`);
}

const skipSpace = (source: string, at: number): number => at + (/^\s*/.exec(source.slice(at))?.[0].length ?? 0);

/** The second arguments of `new DockError(code, message)` that are texts, joined ones from the first to the last. */
function messagesOf(source: string): { readonly first: string; readonly last: string }[] {
  return [...source.matchAll(/new DockError\(\s*(?:'\w+'|[\w.]+),/g)].flatMap((match) => {
    let at = skipSpace(source, match.index + match[0].length);
    if (!isQuote(source[at])) return [];
    const first = source.slice(at, endOfText(source, at));
    let last = first;
    for (;;) {
      at = skipSpace(source, at + last.length);
      if (source[at] !== '+') return [{ first, last }];
      at = skipSpace(source, at + 1);
      if (!isQuote(source[at])) return [{ first, last: '`${expression}`' }];
      last = source.slice(at, endOfText(source, at));
    }
  });
}

/** A capital, a quoted value, an expression, or one of the two names that are written small. */
const begins = /^['"`](?:[A-Z"]|\$\{|dock |buildImage: )/;
/** A full stop, or an expression whose end cannot be read here. */
const ends = /(?:[.!?]|\})['"`]$/;

const messages = readdirSync(packages).flatMap((name) => {
  const directory = join(packages, name, 'src');
  if (!existsSync(directory)) return [];
  return sourcesIn(directory).flatMap((path) =>
    messagesOf(readFileSync(path, 'utf8'))
      .filter(({ first }) => first !== "''")
      .map((message) => ({ path: path.slice(packages.length), ...message })),
  );
});

test('every message of an error begins with a capital and ends with a full stop', () => {
  expect(messages.length).toBeGreaterThan(300);
  expect(messages.filter(({ first, last }) => !begins.test(first) || !ends.test(last))).toEqual([]);
});

test('a message that is none is found', () => {
  const bad =
    "throw new DockError('USAGE', `the ${x({ a: '}' })} is gone`, {});\nnew DockError(\n  code,\n  'It ' +\n    'is'\n);";
  expect(messagesOf(bad)).toEqual([
    { first: "`the ${x({ a: '}' })} is gone`", last: "`the ${x({ a: '}' })} is gone`" },
    { first: "'It '", last: "'is'" },
  ]);
});
