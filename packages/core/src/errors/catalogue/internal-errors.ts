import type { CatalogueRow } from './catalogue-row.js';

/** Our own faults: exit status 70. */
export const internalErrors = [
  {
    code: 'INTERNAL',
    exit: 70,
    retryable: false,
    meaning: 'A defect of dock, or a plugin that ended the process.',
    hint: 'Please report it with the log file.',
  },
  {
    code: 'RESULT_MISSING',
    exit: 70,
    retryable: false,
    meaning: 'A build container ended without a result.',
    hint: 'Read its last lines in the log.',
  },
  {
    code: 'RESULT_TOO_LARGE',
    exit: 70,
    retryable: false,
    meaning: 'The result of a build container is larger than 16 MiB.',
    hint: 'Report less from plugins.',
  },
  {
    code: 'RESULT_INVALID',
    exit: 70,
    retryable: false,
    meaning: 'The result of a build container is malformed or contradicts itself.',
    hint: 'Please report it with the log file.',
  },
] as const satisfies readonly CatalogueRow[];
