import { readFileSync } from 'node:fs';
import { afterAll, expect } from '@jest/globals';

/** A row of the table in docs/reference/reliability.md. */
export interface PageRow {
  readonly number: number;
  /** The input or fault, dock's outcomes, those of the peers. */
  readonly cells: readonly string[];
}

/** The rows of the forty cases, as the page has them. */
export function pageRows(): PageRow[] {
  const page = readFileSync(new URL('../../../../docs/reference/reliability.md', import.meta.url), 'utf8');
  return [...page.matchAll(/^\| (\d+) \| (.*) \|$/gm)].map(([, number, cells = '']) => ({
    number: Number(number),
    cells: cells.split(' | '),
  }));
}

/**
 * The outcomes that the page promises for a case: an exit status in bold, and the codes that follow it up to the next one: `**2** \`A\` or \`B\`` is `2 A` and `2 B`.
 *
 * @returns without duplicates, sorted
 */
export function outcomesOnPage(number: number): string[] {
  const cell = pageRows().find((row) => row.number === number)?.cells[1] ?? '';
  const outcomes = cell.split(/\*\*(?=\d+\*\*)/).slice(1);
  const each = outcomes.flatMap((text) => {
    const status = text.slice(0, text.indexOf('**'));
    const codes = [...text.matchAll(/`([A-Z]+_[A-Z_]+|CANCELLED)`/g)].map(([, code]) => `${status} ${code}`);
    return codes.length === 0 ? [status] : codes;
  });
  return [...new Set(each)].sort();
}

const seen = new Set<string>();

/** Note what a run of the case came to: its exit status, and the code of its error. */
export function sawOutcome(status: number | null, code?: string): void {
  seen.add(code === undefined ? String(status) : `${status} ${code}`);
}

/** Hold a case to the page: when its tests are done, they have seen every outcome that the page promises, and no other. */
export function holdToPage(number: number): void {
  afterAll(() => {
    expect([...seen].sort()).toEqual(outcomesOnPage(number));
  });
}
