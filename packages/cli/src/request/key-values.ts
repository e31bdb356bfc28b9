import { DockError } from '@dock/core';

/**
 * `K=V` words as a record; the last of one key wins. What a word without `=` means, `missing` says; `undefined` leaves the key out.
 *
 * @throws INVALID_OPTION for a word without a key
 */
export function parseKeyValues(
  words: readonly string[],
  flag: string,
  missing: (key: string) => string | undefined,
): Record<string, string> {
  const entries = words.flatMap((word): [string, string][] => {
    const at = word.indexOf('=');
    const key = at === -1 ? word : word.slice(0, at);
    if (key === '') {
      throw new DockError('INVALID_OPTION', `"${flag} ${word}" has no key that can be used.`, {
        hint: 'Write KEY=VALUE.',
      });
    }
    const value = at === -1 ? missing(key) : word.slice(at + 1);
    return value === undefined ? [] : [[key, value]];
  });
  return Object.fromEntries(entries);
}
