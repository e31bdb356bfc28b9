import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { readManifest } from '../src/help/answer-help.js';
import { flagGroups, flagText, flagWords } from '../src/help/help-text.js';

const page = readFileSync(new URL('../../../docs/reference/cli.md', import.meta.url), 'utf8');
const manifest = readManifest(new URL('../', import.meta.url));
const commands = Object.entries(manifest.commands);

/** The rows that the page must have for a command. */
function rowsOf(id: string): string[] {
  const flags = Object.values(manifest.commands[id]?.flags ?? {});
  const escaped = (text: string) => text.trim().replaceAll('|', '\\|');
  return flagGroups
    .flatMap((group) => flags.filter(({ helpGroup }) => helpGroup === group))
    .map((flag) => `| \`${escaped(flagWords(flag))}\` | ${escaped(flagText(flag))} |`);
}

function sectionOf(id: string): string {
  return page.split(/^## /m).find((section) => section.startsWith(`dock ${id}\n`)) ?? '';
}

describe('docs/reference/cli.md', () => {
  test.each(commands.map(([id]) => id))('has the flags of dock %s, each with its meaning, and no others', (id) => {
    const rows = sectionOf(id)
      .split('\n')
      .filter((line) => line.startsWith('| `'));
    expect(rows).toEqual(rowsOf(id));
    expect(rows.length).toBe(Object.keys(manifest.commands[id]?.flags ?? {}).length);
  });

  test.each(commands)('names how dock %s is called, as its help does', (_, { usage }) => {
    expect(page).toContain(`    dock ${String(usage)}\n`);
  });

  test('has a section for each command and for nothing else', () => {
    const sections = [...page.matchAll(/^## dock ([\w-]+)$/gm)].map((match) => match[1]);
    expect(new Set(sections)).toEqual(new Set(commands.map(([id]) => id)));
    expect(sections.length).toBe(commands.length);
  });
});
