import type { CatalogueRow } from './catalogue-row.js';

/** Authentication: exit status 4. */
export const authenticationErrors = [
  {
    code: 'AUTH_FAILED',
    exit: 4,
    retryable: false,
    meaning: 'A registry or git server refused the credentials, or there were none.',
    hint: 'Run "docker login HOST", or check the token.',
  },
] as const satisfies readonly CatalogueRow[];
