import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { stateFileName } from '@dock/core';

/** Names that `createRunId` makes; they sort by time. */
const runIdPattern = /^\d{8}t\d{6}-[0-9a-f]{8}$/;

/** How many runs are kept. */
const kept = 50;

/** A run without a result may still be running, and one with a state file may have left something; after this nobody waits for it, ms. */
const abandonedMs = 7 * 24 * 60 * 60_000;

/** Keep the state directory bounded: remove the oldest runs beyond the last 50, never one that may still be running. */
export async function pruneRuns(stateDir: string, keep = kept): Promise<void> {
  const names = (await readdir(stateDir).catch(() => [])).filter((name) => runIdPattern.test(name)).sort();
  for (const name of names.slice(0, Math.max(0, names.length - keep))) {
    const directory = join(stateDir, name);
    if (await isOver(directory)) await rm(directory, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function isOver(directory: string): Promise<boolean> {
  const files = await readdir(directory).catch((): string[] => []);
  if (files.includes('result.json') && !files.includes(stateFileName)) return true;
  const found = await stat(directory).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > abandonedMs;
}
