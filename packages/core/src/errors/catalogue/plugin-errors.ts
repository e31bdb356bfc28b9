import type { CatalogueRow } from './catalogue-row.js';

/** Plugins: exit status 5. */
export const pluginErrors = [
  {
    code: 'PLUGIN_FAILED',
    exit: 5,
    retryable: false,
    meaning: 'A plugin threw, or returned something that the hook does not take.',
    hint: 'Look at the named plugin and hook; it is a fault of the plugin.',
  },
] as const satisfies readonly CatalogueRow[];
