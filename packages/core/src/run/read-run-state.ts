import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunNote } from '../contracts/run-note.js';
import { isNote } from './note-rules.js';
import type { RunFacts, StateLine } from '../contracts/state-line.js';
import { type StateHeader, stateFileName } from './run-state.js';

/** What a state file says of a run that did not get to its end, or whose cleanup did not. */
export interface SavedState extends StateHeader {
  /** The run's own directory. */
  readonly directory: string;
  /** URL of the engine that the notes are about; absent when none was reached. */
  readonly engine?: string;
  /** What may be left, in the order in which it was noted. */
  readonly notes: readonly RunNote[];
  readonly facts: RunFacts;
}

/** Read the state file of a run; `undefined` when there is none, or not even its first line is whole. */
export function readRunState(directory: string): SavedState | undefined {
  let text: string;
  try {
    text = readFileSync(join(directory, stateFileName), 'utf8');
  } catch {
    return undefined;
  }
  return readStateText(text, directory);
}

/** {@link readRunState} of what the file says. A line that is damaged is left out. */
export function readStateText(text: string, directory: string): SavedState | undefined {
  const [header, ...lines] = text.split('\n').flatMap(parsed);
  if (!isHeader(header)) return undefined;
  const notes = new Map<number, RunNote>();
  let engine: string | undefined;
  const facts: [string, unknown][] = [];
  for (const line of lines as StateLine[]) {
    if ('note' in line) {
      if (isNote(line.what)) notes.set(line.note, line.what);
    } else if ('done' in line) notes.delete(line.done);
    else if ('engine' in line) {
      if (typeof line.engine === 'string') engine = line.engine;
    } else if ('facts' in line && isObject(line.facts) && !Array.isArray(line.facts))
      facts.push(...Object.entries(line.facts));
  }
  return {
    ...header,
    directory,
    notes: [...notes.values()],
    facts: Object.fromEntries(facts) as RunFacts,
    ...(engine === undefined ? {} : { engine }),
  };
}

/** A line that was torn by the end of the process is left out. */
function parsed(line: string): unknown[] {
  if (!line.startsWith('{') || !line.endsWith('}')) return [];
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? [value] : [];
  } catch {
    return [];
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isHeader(value: unknown): value is StateHeader {
  const { v, run, startedAt, identity } = (value ?? {}) as Partial<StateHeader>;
  return v === 1 && typeof run === 'string' && typeof startedAt === 'string' && typeof identity?.pid === 'number';
}
