import { basename, isAbsolute, normalize } from 'node:path';
import type { RunNote } from '../contracts/run-note.js';
import { DockError } from '../errors/dock-error.js';
import { plainCopy } from '../hooks/plain-value.js';

/** What a note of each kind has to have, as text. */
const fieldsOf: Readonly<Record<RunNote['kind'], readonly string[]>> = {
  container: ['id'],
  'lent-name': ['name', 'image'],
  'own-name': ['name'],
  'loaded-image': ['image'],
  directory: ['prefix'],
};

/** Whether something that was read is a note. Kinds that this version does not know are notes too. */
export function isNote(value: unknown): value is RunNote {
  if (typeof value !== 'object' || value === null) return false;
  const note = value as Readonly<Record<string, unknown>>;
  const { kind } = note;
  if (typeof kind !== 'string') return false;
  const fields = isKnownKind(kind) ? fieldsOf[kind] : [];
  const isWhole = fields.every((field) => typeof note[field] === 'string' && note[field] !== '');
  return isWhole && (kind !== 'loaded-image' || Array.isArray(note['names']));
}

/** Whether this version knows what to do with notes of a kind. */
export function isKnownKind(kind: string): kind is RunNote['kind'] {
  return Object.hasOwn(fieldsOf, kind);
}

/** Whether directories whose path begins so can only be those of a run: an absolute path whose last part has the run's ID in it. */
export function isPrefixOfRun(prefix: string, run: string): boolean {
  return isAbsolute(prefix) && normalize(prefix) === prefix && !prefix.endsWith('/') && basename(prefix).includes(run);
}

/**
 * A plugin's note as plain data. What is taken here, `dock gc` takes back.
 *
 * @throws PLUGIN_FAILED for what is no note, or names directories that cannot be told from those of others
 */
export function readNote(given: RunNote, run: string): RunNote {
  const note: unknown = plainCopy(given, 'A note');
  if (!isNote(note) || !isKnownKind(note.kind)) {
    throw new DockError('PLUGIN_FAILED', `The note ${JSON.stringify(note)} is none that "dock gc" can take back.`, {
      hint: `Kinds of notes: ${Object.entries(fieldsOf)
        .map(([kind, fields]) => `"${kind}" with ${fields.map((field) => `"${field}"`).join(' and ')}`)
        .join(', ')}.`,
    });
  }
  if (note.kind === 'directory' && !isPrefixOfRun(note.prefix, run)) {
    throw new DockError(
      'PLUGIN_FAILED',
      `The note of directories that begin with "${note.prefix}" could name those of other runs.`,
      {
        hint: 'Give an absolute path whose last part contains the ID of the run: join(tmpdir(), `my-plugin-${context.runId}-`).',
      },
    );
  }
  return note;
}
