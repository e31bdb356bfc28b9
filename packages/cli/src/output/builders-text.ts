import type { BuilderEntry, BuildersReport, NodeEntry } from '@dock/api';
import { formatBytes } from '../progress/format-time.js';
import { cleanText } from './clean-text.js';

/** A line of a table, or words below one. */
type Line = { readonly cells: readonly string[] } | { readonly words: string };

const heads: Line = { cells: ['NAME/NODE', 'DRIVER/ENDPOINT', 'STATUS', 'BUILDKIT', 'DISK', 'PLATFORMS'] };

/** What there is to build with: a table as buildx prints it. What a node cannot do, or why it cannot be used, is below its line. */
export function formatBuilders({ builders }: BuildersReport): string {
  if (builders.length === 0) return '';
  const lines = [
    heads,
    ...builders.flatMap((builder) => [...builderLines(builder), ...builder.nodes.flatMap(nodeLines)]),
  ];
  const widths: number[] = [];
  for (const line of lines)
    if ('cells' in line) line.cells.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, cell.length)));
  const texts = lines.map((line) =>
    'words' in line ? `    ${line.words}` : line.cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  '),
  );
  return `${texts.map((text) => cleanText(text).trimEnd()).join('\n')}\n`;
}

function builderLines({ name, driver = '', isDefault, isCurrent, error }: BuilderEntry): readonly Line[] {
  const cells = [`${name}${isDefault ? '*' : ''}`, driver, isCurrent ? 'current in buildx' : ''];
  return [{ cells }, ...errorLines(error)];
}

function nodeLines(node: NodeEntry): readonly Line[] {
  const { name, endpoint, status, version, store, diskBytes, platforms, cannot, error } = node;
  const kind = [version, store === undefined ? undefined : `${store} store`].filter((word) => word !== undefined);
  const disk = diskBytes === undefined ? '' : formatBytes(diskBytes);
  return [
    { cells: [`  ${name}`, endpoint, status, kind.join(', '), disk, platforms.join(', ')] },
    ...errorLines(error),
    ...cannot.map((each) => ({ words: `cannot: ${optionWords(each)} (${each.why})` })),
  ];
}

function errorLines(error: BuilderEntry['error']): readonly Line[] {
  return error === undefined ? [] : [{ words: `${error.code}: ${error.message}` }, { words: error.hint }];
}

function optionWords({ option, values }: NodeEntry['cannot'][number]): string {
  return values === undefined ? option : `${option}, ${values.replaceAll('`', '"')}`;
}
