// docs/benchmarks.md: a section for each command that measures, so that each can be measured again on its own.
import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { root } from './steps.mjs';

const page = join(root, 'docs', 'benchmarks.md');

/** What was measured on: without it, a number means nothing. */
function provenance(command, versions) {
  const machine = `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB`;
  const dock = execFileSync(process.execPath, [join(root, 'packages/cli/bin/run.js'), '--version'], {
    encoding: 'utf8',
  }).trim();
  const all = [dock, `Node ${process.versions.node}`, ...versions];
  return `Measured by \`${command}\` on ${new Date().toISOString().slice(0, 10)}. Machine: ${machine}. ${all.join(', ')}.`;
}

/**
 * Put a section on the page. It takes the place of the section of that name, or comes last; every other section stays as it is.
 *
 * @param name of the section, in the marks around it: `a-z` and `-`
 * @param section `{ title, command, versions?, text }`: the heading, the command that measures it, what took part beside dock and Node, the text and tables
 */
export function writeSection(name, { title, command, versions = [], text }) {
  const [begin, end] = [`<!-- begin ${name} -->`, `<!-- end ${name} -->`];
  const section = `${begin}\n## ${title}\n\n${provenance(command, versions)}\n\n${text.trim()}\n${end}\n`;
  const before = readFileSync(page, 'utf8');
  const from = before.indexOf(begin);
  const to = before.indexOf(`${end}\n`, from);
  if (from !== -1 && to === -1) throw new Error(`docs/benchmarks.md: the section "${name}" has no end`);
  const after =
    from === -1
      ? `${before.trimEnd()}\n\n${section}`
      : before.slice(0, from) + section + before.slice(to + end.length + 1);
  writeFileSync(`${page}.new`, after);
  renameSync(`${page}.new`, page);
  console.log(section);
}

/** A table of the page: a title and a value of each column, by row. */
export function table(columns, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map(([title]) => title)),
    line(columns.map(() => '---')),
    ...rows.map((row) => line(columns.map(([, value]) => value(row)))),
  ].join('\n');
}
