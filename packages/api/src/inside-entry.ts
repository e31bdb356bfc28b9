import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { InsideEntry } from '@dock/core';

/** What a build container starts: the entry of this package, resolved from where the package is, and what of it is bundled already. */
export function insideEntry(): InsideEntry {
  const directory = dirname(createRequire(import.meta.url).resolve('@dock/api/package.json'));
  return { specifier: '@dock/api/inside-build', directory, prebuilt: join(directory, 'dist', 'bundle', 'inside') };
}
