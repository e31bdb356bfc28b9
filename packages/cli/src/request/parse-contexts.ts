import { resolve } from 'node:path';
import { DockError } from '@dock/core';
import { contextName, withContextPath } from '@dock/core/internal';

/**
 * Contexts as docker's `--build-context` takes them: `NAME=PATH|URL`; the last of one name wins. A relative path is relative to the directory in which the user is.
 *
 * @throws INVALID_OPTION for what has no name or no value
 */
export function parseContexts(words: readonly string[], cwd: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf('=');
      const name = contextName(word.slice(0, Math.max(at, 0)));
      if (name === undefined || at === word.length - 1)
        throw new DockError(
          'INVALID_OPTION',
          `"--build-context ${word}" has no ${at === -1 || name !== undefined ? 'value' : 'name that can be used'}.`,
          {
            hint: 'Write NAME=PATH, or NAME=docker-image://IMAGE.',
          },
        );
      return [name, withContextPath(word.slice(at + 1), (path) => resolve(cwd, path))];
    }),
  );
}
