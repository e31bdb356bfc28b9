import { DockError } from '@dock/core';

const powers: Readonly<Record<string, number>> = { '': 0, b: 0, k: 1, m: 2, g: 3, t: 4, p: 5 };

/** A number as Go's `strconv.ParseFloat` takes it, but for hexadecimal ones. */
const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** A size in bytes by the rules of docker/go-units `RAMInBytes`; undefined when the text is none. */
export function ramInBytes(text: string): number | undefined {
  // What stands after the last digit, point or space is the unit; one space may stand before it.
  const at = Math.max(...Array.from('0123456789. ', (char) => text.lastIndexOf(char)));
  const digits = text.slice(0, text[at] === ' ' ? at : at + 1);
  const unit = /^([bkmgtp]?)(|b|ib)$/.exec(text.slice(at + 1).toLowerCase());
  const power = powers[unit?.[1] ?? ''];
  if (at < 0 || !number.test(digits) || unit === null || power === undefined) return undefined;
  // "b" takes no further "b", and no unit at all no "ib".
  if (power === 0 && unit[2] !== '' && unit[0] !== 'b') return undefined;
  const bytes = Number(digits) * 1024 ** power;
  return bytes < 0 || !Number.isFinite(bytes) ? undefined : Math.trunc(bytes) + 0;
}

/**
 * A size as docker's `--memory` and `--shm-size` take it: a number and a binary unit (`b`, `k`, `m`, `g`, `t`, `p`, also `kb`, `kib`), in any case.
 *
 * @param least The smallest size that the flag takes, bytes.
 * @throws INVALID_OPTION
 */
export function parseBytes(text: string, flag: string, least = 1): number {
  const bytes = ramInBytes(text);
  if (bytes !== undefined && bytes >= least) return bytes;
  throw new DockError('INVALID_OPTION', `"${flag} ${text}" is not a size.`, {
    hint: 'Write a number and a unit, as 512m or 2g.',
  });
}
