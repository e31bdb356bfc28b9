import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { InsideEntry } from '@dock/core';

/** The sources, or the bundle of this package. */
const directory = dirname(fileURLToPath(import.meta.url));

/** What a build container starts: this package's own entry, resolved from where this package is, and what of it is bundled already. */
export const insideEntry: InsideEntry = {
  specifier: '@dock/api/inside-build',
  directory,
  prebuilt: join(directory, ...(basename(directory) === 'src' ? ['..', 'dist', 'bundle'] : []), 'inside'),
};
