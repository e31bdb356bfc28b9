import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type RunNote, type SavedState, stateFileName } from '@dock/core';
import type { Findings } from './findings.js';
import { recoverResult, resultFileOf } from './recover-result.js';
import { type EngineAccess, itemOf, removeDirectories, takeBack } from './take-back.js';

/** The part of a dead run that needs no engine: its result, and its directories. @returns whether everything was seen to */
export async function collectLocally(state: SavedState, findings: Findings, isDryRun: boolean): Promise<boolean> {
  const { run, notes } = state;
  let isDone = true;
  for (const note of notes) {
    if (isInEngine(note)) continue;
    const item = itemOf(note, state);
    if (note.kind !== 'directory') {
      findings.kept.push({ ...item, why: 'this version of dock does not know what it is; the one that wrote it does' });
      isDone = false;
      continue;
    }
    const isFine = await findings.attempt(item, async () => {
      const { removed, kept } = removeDirectories(note, run, isDryRun);
      for (const path of removed) findings.removed.push({ kind: 'directory', id: path, run });
      for (const { path, why } of kept) findings.kept.push({ kind: 'directory', id: path, run, why });
    });
    isDone &&= isFine;
  }
  const resultFile = resultFileOf(state);
  await findings.attempt({ kind: 'directory', id: state.directory, run }, async () => {
    const isNew = isDryRun ? !existsSync(resultFile) : await recoverResult(state);
    if (isNew) findings.recovered.push({ run, resultFile });
  });
  return isDone;
}

/** What a dead run noted in the engine. @returns whether everything was seen to */
export async function collectNotes(
  state: SavedState,
  access: EngineAccess,
  findings: Findings,
  isDryRun: boolean,
): Promise<boolean> {
  let isDone = true;
  for (const note of state.notes) {
    if (!isInEngine(note)) continue;
    const item = itemOf(note, state);
    const isFine = await findings.attempt(item, async () => {
      const outcome = await takeBack(note, state, access, isDryRun);
      if (outcome === 'removed') findings.removed.push(item);
      else if (outcome !== 'nothing') {
        findings.kept.push({ ...item, why: outcome.why });
        isDone &&= outcome.isOpen !== true;
      }
    });
    isDone &&= isFine;
  }
  return isDone;
}

/** Notes of kinds that this version does not know are left alone. */
export function isInEngine(note: RunNote): note is Exclude<RunNote, { kind: 'directory' }> {
  return ['container', 'lent-name', 'own-name', 'loaded-image'].includes(note.kind);
}

/** Nothing of the run is left: its state file goes. */
export function forgetRun({ directory }: SavedState): void {
  rmSync(join(directory, stateFileName), { force: true });
}
