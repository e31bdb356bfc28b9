import { createRequire } from 'node:module';

/** The version of `@dock/core`, which is dock's own. */
export const dockVersion: string = (createRequire(import.meta.url)('@dock/core/package.json') as { version: string })
  .version;
