import { expect, test } from '@jest/globals';
import type { GcReport } from '@dock/api';
import type { ErrorDocument } from '@dock/core';
import { formatGcReport } from '../src/output/gc-text.js';

const nothing: GcReport = {
  v: 1,
  status: 'ok',
  exitStatus: 0,
  isDryRun: true,
  removed: [],
  kept: [],
  failed: [],
  recovered: [],
};

test('says that nothing was left behind', () => {
  expect(formatGcReport(nothing)).toBe('nothing was left behind\n');
});

test('does not say so when the engine could not be asked', () => {
  const error: ErrorDocument = {
    code: 'DAEMON_UNREACHABLE',
    message: 'Away.',
    hint: 'Start it.',
    retryable: true,
    exitStatus: 3,
  };
  expect(formatGcReport({ ...nothing, status: 'failed', exitStatus: 3, error })).toBe('');
});
