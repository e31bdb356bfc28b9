import type { BuildResult } from './result.js';
import type { RunNote } from './run-note.js';

/** What a run came to by the time that its process was killed, as far as it must not be lost. */
export type RunFacts = Partial<Pick<BuildResult, 'image' | 'names' | 'published' | 'logFile'>>;

/** Something that must be known should the process of a run be killed: a line of its state file. */
export type StateLine =
  | { readonly note: number; readonly what: RunNote }
  | { readonly done: number }
  | { readonly engine: string }
  | { readonly facts: RunFacts };
