import type { HistoryEntry } from '@dock/core';

/** One layer of an image, oldest first. */
export interface LayerInspection {
  /** The instruction that made it. */
  readonly createdBy: string;
  /** Bytes that it added. */
  readonly size: number;
  /** `sha256:<hex>` of its content; absent where the engine does not tell which row of the history it is. */
  readonly diffId?: string;
}

/** Instructions that only set configuration: their rows never have a layer. */
const layerless =
  /^(?:ARG|CMD|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|SHELL|STOPSIGNAL|USER|VOLUME)\b/;

/** The instruction as a person wrote it: the builders wrap `RUN` in a shell and hide the rest behind `#(nop)`. */
export function instructionOf({ createdBy, comment }: HistoryEntry): string {
  const text = createdBy
    .replace(/^\/bin\/sh -c #\(nop\)\s*/, '')
    .replace(/^\/bin\/sh -c (?!#\(nop\))/, 'RUN ')
    .replace(/^RUN \/bin\/sh -c /, 'RUN ')
    .replace(/\s*# buildkit$/, '')
    .trim();
  return text === '' ? comment || '(imported)' : text;
}

/**
 * The layers of an image with the instructions that made them. The engine's history has a row for every instruction, its list of layers
 * only what changed files, and nothing says which row has none; a row of no bytes may still have a layer. So: rows with bytes have a layer,
 * instructions that only set configuration have none, and where the rest fits in one way only, it is taken; otherwise only rows with bytes
 * are listed, without a digest.
 *
 * @param history Newest first, as the engine gives it.
 * @param diffIds Oldest first, as the engine gives them.
 */
export function alignLayers(history: readonly HistoryEntry[], diffIds: readonly string[]): LayerInspection[] {
  const rows = history.toReversed().map((row) => ({ size: row.size, createdBy: instructionOf(row) }));
  const withBytes = rows.filter(({ size }) => size > 0);
  const possible = rows.filter(({ size, createdBy }) => size > 0 || !layerless.test(createdBy));
  const fitting = [withBytes, possible].find((candidates) => candidates.length === diffIds.length);
  if (fitting === undefined) return withBytes;
  return fitting.map((row, index) => ({ ...row, ...(diffIds[index] === undefined ? {} : { diffId: diffIds[index] }) }));
}
