import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { InsideEntry } from '@dock/core';

/** What a build container starts: this package's own entry, resolved from where this package is. */
export const insideEntry: InsideEntry = {
  specifier: '@dock/api/inside-build',
  directory: dirname(fileURLToPath(import.meta.url)),
};
