// What the reference pages, and the comments of option types, take from tables in the code: `npm run reference` writes it, a test holds it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configKeys } from '../packages/core/dist/config/config-schema.js';
import { optionTable as options } from '../packages/core/dist/options/option-table.js';
import { supportTable } from '../packages/core/dist/options/refuse-unsupported.js';
import { flagGroups, flagText, flagWords } from '../packages/cli/dist/help/help-text.js';
import { optionFlags } from '../packages/cli/dist/request/option-flags.js';
import { root } from './steps.mjs';

const escaped = (text) => text.trim().replaceAll('|', '\\|');

/** A page with the rows of the first table under a heading of columns replaced. */
function withRows(page, columns, rows) {
  const at = page.indexOf(`${columns}\n`);
  if (at === -1) throw new Error(`no table "${columns}"`);
  const [head, line, ...rest] = page.slice(at).split('\n');
  const end = rest.findIndex((each) => !each.startsWith('| '));
  return page.slice(0, at) + [head, line, ...rows, ...rest.slice(end)].join('\n');
}

function commandPage(page) {
  const { commands } = JSON.parse(readFileSync(join(root, 'packages/cli/oclif.manifest.json'), 'utf8'));
  return page
    .split(/^(?=## )/m)
    .map((section) => {
      const flags = Object.values(commands[/^## dock ([\w-]+)\n/.exec(section)?.[1] ?? '']?.flags ?? {});
      const rows = flagGroups
        .flatMap((group) => flags.filter(({ helpGroup, hidden }) => helpGroup === group && hidden !== true))
        .map((flag) => `| \`${escaped(flagWords(flag))}\` | ${escaped(flagText(flag))} |`);
      return rows.length === 0 ? section : withRows(section, '| flag | meaning |', rows);
    })
    .join('');
}

/** The comment of each option in the interface is its sentence. */
function optionComments(source) {
  return Object.entries(options).reduce(
    (text, [key, { sentence }]) =>
      text.replace(new RegExp(`(?:  /\\*\\*[^\\n]*\\*/\\n)?(  readonly ${key}\\?: )`), (_, line) => {
        return `  /** ${sentence} */\n${line}`;
      }),
    source,
  );
}

const files = {
  'docs/reference/config.md': (page) =>
    withRows(
      page,
      '| key | meaning |',
      Object.entries(configKeys).map(([key, meaning]) => `| \`${key}\` | ${escaped(meaning)} |`),
    ),
  'docs/reference/build-options.md': (page) =>
    withRows(
      page,
      '| option | flag | classic builder | BuildKit, classic store | BuildKit, containerd store | standalone BuildKit |',
      supportTable((option) => optionFlags[option]?.flag ?? ''),
    ),
  'docs/reference/cli.md': commandPage,
  'packages/core/src/contracts/request-options.ts': optionComments,
};

/** Each file with what it has and what it should have. */
export function references() {
  return Object.entries(files).map(([file, rewrite]) => {
    const is = readFileSync(join(root, file), 'utf8');
    return { file, is, shouldBe: rewrite(is) };
  });
}

if (process.argv[1] === new URL(import.meta.url).pathname)
  for (const { file, is, shouldBe } of references())
    if (is !== shouldBe) {
      writeFileSync(join(root, file), shouldBe);
      process.stdout.write(`wrote ${file}\n`);
    }
