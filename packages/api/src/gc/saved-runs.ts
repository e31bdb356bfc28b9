import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readRunState, type SavedState, stateFileName } from '@dock/core';

/** The runs of a state directory that did not come to a clean end, those that are running included. Costs one look per run that is kept. */
export function savedRuns(stateDir: string): SavedState[] {
  let names: string[];
  try {
    names = readdirSync(stateDir);
  } catch {
    return [];
  }
  return names.sort().flatMap((name) => {
    const directory = join(stateDir, name);
    if (!existsSync(join(directory, stateFileName))) return [];
    const state = readRunState(directory);
    return state === undefined || state.run !== name ? [] : [state];
  });
}
