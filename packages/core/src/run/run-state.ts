import { closeSync, fstatSync, ftruncateSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { RunNote } from '../contracts/run-note.js';
import type { RunFacts, StateLine } from '../contracts/state-line.js';
import { thrownMessage } from '../errors/thrown-message.js';
import { makeDirectory } from './make-directory.js';
import { type ProcessIdentity, processIdentity } from './process-identity.js';
import { writeWhole } from './write-whole.js';

/** The name of a state file in the directory of its run. While it is there, something of the run may be left. */
export const stateFileName = 'state.ndjson';

/** The first line of a state file. */
export interface StateHeader {
  readonly v: 1;
  readonly run: string;
  readonly runner: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly identity: ProcessIdentity;
}

/** The state file of one run: appended to before something is made, and removed when nothing is left. None of its functions throws. */
export interface RunState {
  /** Note what is about to be made. Returns what to call when it is gone. */
  note(what: RunNote): () => void;
  /** The engine that the notes are about, as its URL. */
  useEngine(url: string): void;
  /** What must not be lost. */
  tell(facts: RunFacts): void;
  /** The run is over and its result is written: the file goes, unless something that was noted is left. */
  close(): void;
}

/** A state whose lines go to somebody else, who keeps them. */
export function relayedState(
  append: (line: StateLine) => void,
): RunState & { readonly openNotes: ReadonlySet<number> } {
  const openNotes = new Set<number>();
  let count = 0;
  return {
    openNotes,
    note(what) {
      count += 1;
      const number = count;
      openNotes.add(number);
      append({ note: number, what });
      return () => {
        if (openNotes.delete(number)) append({ done: number });
      };
    },
    useEngine: (engine) => append({ engine }),
    tell: (facts) => append({ facts }),
    close: () => undefined,
  };
}

/** A state that nobody writes down. */
export const noState: RunState = {
  note: () => () => undefined,
  useEngine: () => undefined,
  tell: () => undefined,
  close: () => undefined,
};

/**
 * Begin the state file of a run in its directory (0700, file 0600).
 *
 * @param onTrouble Called at most once: the file could not be written, so that `dock gc` will not know of everything.
 */
export function openRunState(
  directory: string,
  { run, runner, startedAt }: Pick<StateHeader, 'run' | 'runner' | 'startedAt'>,
  onTrouble: (message: string) => void,
): RunState {
  const path = join(directory, stateFileName);
  let fd: number | undefined;
  /** Bytes of the file that are whole lines. */
  let whole = 0;
  let isTold = false;
  const attempt = (work: () => void) => {
    try {
      work();
    } catch (error) {
      fd = undefined;
      if (isTold) return;
      isTold = true;
      onTrouble(`The state file "${path}" could not be written: ${thrownMessage(error)}`);
    }
  };
  const append = (line: StateHeader | StateLine) => {
    const file = fd;
    if (file === undefined) return;
    const text = `${JSON.stringify(line)}\n`;
    attempt(() => {
      try {
        writeWhole(file, text);
        whole += Buffer.byteLength(text);
      } catch (error) {
        endAt(file, whole);
        throw error;
      }
    });
  };
  attempt(() => {
    makeDirectory(directory);
    fd = openSync(path, 'a', 0o600);
    whole = fstatSync(fd).size;
  });
  append({ v: 1, run, runner, startedAt, identity: processIdentity() });
  const { openNotes, ...state } = relayedState(append);
  return {
    ...state,
    close() {
      const file = fd;
      fd = undefined;
      attempt(() => {
        if (file !== undefined) closeSync(file);
        if (openNotes.size === 0) rmSync(path, { force: true });
      });
    },
  };
}

/** End a file that cannot be written after a whole line. */
function endAt(file: number, size: number): void {
  try {
    ftruncateSync(file, size);
    closeSync(file);
  } catch {
    // The first error is the one that is told.
  }
}
