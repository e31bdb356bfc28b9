import { DockError } from '@dock/core';

const powers: Readonly<Record<string, number>> = { '': 0, b: 0, k: 1, m: 2, g: 3, t: 4, p: 5 };

/**
 * A size as docker's `--memory` and `--shm-size` take it: a number and a binary unit (`b`, `k`, `m`, `g`, `t`, `p`, also `kb`, `kib`), in any case
 * (docker/go-units `RAMInBytes`).
 *
 * @throws INVALID_OPTION
 */
export function parseBytes(text: string, flag: string): number {
  const match = /^(\d+(?:\.\d*)?|\.\d+) ?([bkmgtp]?)(i?b)?$/i.exec(text);
  const power = powers[(match?.[2] ?? '').toLowerCase()];
  const isPlainByte = (match?.[2] ?? '').toLowerCase() === 'b' && match?.[3] !== undefined;
  if (match === null || power === undefined || isPlainByte) throw wrong(text, flag);
  const bytes = Math.trunc(Number(match[1]) * 1024 ** power);
  if (bytes < 1) throw wrong(text, flag);
  return bytes;
}

function wrong(text: string, flag: string): DockError {
  return new DockError('INVALID_OPTION', `"${flag} ${text}" is not a size.`, {
    hint: 'Write a number and a unit, as 512m or 2g.',
  });
}
