import type { SpawnSyncOptions } from 'node:child_process';
import type { TestReport } from './test-outcome.mjs';

export const jestArgs: readonly string[];
export function runJest(words: readonly string[], file: string, options?: SpawnSyncOptions): TestReport;
