import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { type DockEvent, loadedImageWarning, RunWitness, type SavedState } from '@dock/core';
import { writeJsonFile } from '../run/write-json-file.js';

/** Bytes of a line of the log that is read; what matters here is far shorter. */
const lineLimit = 1024 * 1024;

/**
 * Write the result of a run that was killed: that it died, and what its log and state file prove. A result that is there is left alone.
 *
 * @returns whether one was written
 * @throws what the file system says
 */
export async function recoverResult(state: SavedState): Promise<boolean> {
  const path = resultFileOf(state);
  if (existsSync(path)) return false;
  const witness = new RunWitness(state.run);
  for await (const event of logEvents(join(state.directory, 'events.ndjson'))) witness.onEvent(event);
  const result = witness.abandoned({
    code: 'RUN_DIED',
    exitStatus: 3,
    message: `The process of run "${state.run}" was gone before the run was over.`,
    hint: 'Run again; "dock gc" lists and removes what may be left.',
    facts: state.facts,
  });
  // Without a log that could be read, the state file still says who ran when.
  const known = result.versions['dock'] === undefined ? { startedAt: state.startedAt, runner: state.runner } : {};
  const warnings = [
    ...result.warnings,
    ...state.notes.flatMap((note) => (note.kind === 'loaded-image' ? loadedImageWarning(note, 'died') : [])),
  ];
  writeJsonFile(path, { ...result, ...known, warnings });
  return true;
}

/** Where the result of a run is. */
export function resultFileOf({ directory }: Pick<SavedState, 'directory'>): string {
  return join(directory, 'result.json');
}

/** The events of a log that a witness looks at. The log may be large, torn at its end, or not there. */
async function* logEvents(path: string): AsyncGenerator<DockEvent, void, void> {
  let rest = '';
  try {
    for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 256 * 1024 })) {
      const lines = `${rest}${chunk as string}`.split('\n');
      rest = (lines.pop() ?? '').slice(0, lineLimit);
      for (const line of lines) if (isOfInterest(line)) yield JSON.parse(line) as DockEvent;
    }
  } catch {
    // What was read until here is what the log proves.
  }
}

function isOfInterest(line: string): boolean {
  return /"type":"(?:run|phase)\.|"type":"warning"/.test(line.slice(0, 400)) && line.length < lineLimit;
}
