import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { readManifest } from '../src/help/answer-help.js';

const page = readFileSync(new URL('../../../docs/reference/cli.md', import.meta.url), 'utf8');
const manifest = readManifest(new URL('../', import.meta.url));
const commands = Object.entries(manifest.commands);

/** What `npm run reference` would write. */
const { references } = (await import(new URL('../../../.ci/reference.mjs', import.meta.url).href)) as {
  readonly references: () => readonly { readonly file: string; readonly is: string; readonly shouldBe: string }[];
};

test.each(references())('$file has what the tables in the code say ("npm run reference" writes it)', (reference) => {
  expect(reference.is).toBe(reference.shouldBe);
});

describe('docs/reference/cli.md', () => {
  test.each(commands)('names how dock %s is called, as its help does', (_, { usage }) => {
    expect(page).toContain(`    dock ${String(usage)}\n`);
  });

  test.each(commands)('has a row for each flag of dock %s', (id, { flags }) => {
    const section = page.split(/^## /m).find((each) => each.startsWith(`dock ${id}\n`)) ?? '';
    const rows = section.split('\n').filter((line) => line.startsWith('| `'));
    const shown = Object.values(flags).filter(({ hidden }) => hidden !== true);
    const names = rows.map((row) => /--([\w-]+)/.exec(row)?.[1]);
    expect(new Set(names)).toEqual(new Set(shown.map(({ name }) => name)));
    expect(names.length).toBe(shown.length);
  });

  test('has a section for each command and for nothing else', () => {
    const sections = [...page.matchAll(/^## dock ([\w-]+)$/gm)].map((match) => match[1]);
    expect(new Set(sections)).toEqual(new Set(commands.map(([id]) => id)));
    expect(sections.length).toBe(commands.length);
  });
});
