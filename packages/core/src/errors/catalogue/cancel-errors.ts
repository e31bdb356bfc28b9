import type { CatalogueRow } from './catalogue-row.js';

/** Cancellation: exit status 130, or 143 after SIGTERM. */
export const cancelErrors = [
  {
    code: 'CANCELLED',
    exit: 130,
    retryable: true,
    meaning: 'The run was cancelled (130; 143 after SIGTERM).',
    hint: 'Run again.',
  },
] as const satisfies readonly CatalogueRow[];
