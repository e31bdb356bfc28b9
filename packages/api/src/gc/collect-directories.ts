import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { SavedState } from '@dock/core';
import type { Findings } from './findings.js';

/** Work directories of runs without a state file: nothing says whose they are, so only their age counts. */
export async function collectDirectories(
  parent: string,
  states: readonly SavedState[],
  findings: Findings,
  { olderThanMs, isDryRun }: { readonly olderThanMs: number | undefined; readonly isDryRun: boolean },
): Promise<void> {
  const known = new Set(states.map(({ run }) => run));
  for (const name of readdirSync(parent)) {
    const run = /^(\d{8}t\d{6}-[0-9a-f]{8})-\w+$/.exec(name)?.[1];
    if (run === undefined || known.has(run)) continue;
    const path = join(parent, name);
    const item = { kind: 'directory', id: path, run } as const;
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.NaN);
    if (olderThanMs === undefined || !(age > olderThanMs)) {
      findings.kept.push({ ...item, why: 'no state file says whose it is; --older-than removes it by age' });
    } else {
      await findings.attempt(item, async () => {
        if (!isDryRun) rmSync(path, { recursive: true, force: true, maxRetries: 3 });
        findings.removed.push(item);
      });
    }
  }
}
