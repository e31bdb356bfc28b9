import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  type EnginePort,
  formatImageReference,
  isImageReference,
  parseImageReference,
  type RunNote,
  type SavedState,
} from '@dock/core';
import { isKnownKind, isPrefixOfRun } from '@dock/core/internal';
import type { LeftoverPort } from '@dock/engine';
import type { GcItem } from './gc-report.js';

/** The two ports to one engine. */
export interface EngineAccess {
  readonly engine: EnginePort;
  readonly leftovers: LeftoverPort;
  readonly signal?: AbortSignal;
}

/** What came of a note: something was taken back, there was nothing to do, it has to stay, or it is there for another try. */
export type NoteOutcome = 'removed' | 'nothing' | { readonly why: string; readonly isOpen?: true };

const stillThere = (id: string): NoteOutcome => ({
  why: `it still runs, or the engine did not remove it; if it is a step of that build, "docker rm --force ${id}" removes it`,
  isOpen: true,
});

const loadedOutcome: NoteOutcome = { why: 'its run was asked to load it into this engine; "docker rmi" removes it' };

/** What a note is about, for the report. */
export function itemOf(note: RunNote, { run }: Pick<SavedState, 'run'>): GcItem {
  if (!isKnownKind(note.kind)) return { kind: 'note', id: JSON.stringify(note), run };
  if (note.kind === 'container') return { kind: 'container', id: note.id, run, role: 'build step' };
  if (note.kind === 'directory') return { kind: 'directory', id: note.prefix, run };
  if (note.kind === 'loaded-image') return { kind: 'image', id: note.image, run };
  return { kind: 'name', id: note.name, run };
}

/** Remove the directories that a run noted. @returns those that there were @throws what keeps one from being removed */
export function removeDirectories(
  { prefix }: RunNote & { kind: 'directory' },
  run: string,
  isDryRun: boolean,
): { readonly removed: readonly string[]; readonly kept: readonly { readonly path: string; readonly why: string }[] } {
  if (!isPrefixOfRun(prefix, run))
    return {
      removed: [],
      kept: [{ path: prefix, why: `its name does not have the run's ID in it: others' could be meant` }],
    };
  const found = directoriesIn(dirname(prefix), basename(prefix));
  const foreign = found.filter(({ uid }) => uid !== (process.getuid?.() ?? uid));
  const own = found.filter((each) => !foreign.includes(each)).map(({ path }) => path);
  if (!isDryRun) for (const path of own) rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  return { removed: own, kept: foreign.map(({ path, uid }) => ({ path, why: `it belongs to the user ${uid}` })) };
}

/** The directories in a directory whose names begin so; never what a link leads to. */
function directoriesIn(parent: string, start: string): { readonly path: string; readonly uid: number }[] {
  if (!existsSync(parent)) return [];
  return readdirSync(parent)
    .filter((name) => name.startsWith(start))
    .map((name) => ({ path: join(parent, name), stat: lstatSync(join(parent, name), { throwIfNoEntry: false }) }))
    .flatMap(({ path, stat }) => (stat?.isDirectory() === true ? [{ path, uid: stat.uid }] : []));
}

/** Take back one thing in the engine that a run noted. @throws DAEMON_ERROR and its kin */
export async function takeBack(
  note: Exclude<RunNote, { kind: 'directory' }>,
  { startedAt }: Pick<SavedState, 'startedAt'>,
  { engine, leftovers, signal }: EngineAccess,
  isDryRun: boolean,
): Promise<NoteOutcome> {
  const call = signal === undefined ? {} : { signal };
  if (note.kind === 'container') {
    const since = new Date(startedAt);
    if (!(await leftovers.hasStepContainer(note.id, since, call))) return 'nothing';
    return isDryRun || (await leftovers.removeStepContainer(note.id, since, call)) ? 'removed' : stillThere(note.id);
  }
  if (note.kind === 'loaded-image')
    return (await engine.inspectImage(note.image, call)) === undefined ? 'nothing' : loadedOutcome;
  const found = await engine.inspectImage(note.name, call);
  if (found === undefined) return 'nothing';
  const remove = async () => engine.removeImage(note.name, { ...call, noPrune: true });
  if (note.kind === 'own-name') {
    if (!isDryRun) await remove();
    return 'removed';
  }
  if (found.id !== note.image) return 'nothing';
  const { name, previous } = note;
  if (previous !== undefined && (await engine.inspectImage(previous, call)) !== undefined) {
    if (!isDryRun) await engine.tagImage(previous, parseImageReference(name), call);
    return 'removed';
  }
  if (found.tags.every((tag) => isSameName(tag, name))) return { why: `it is the only name of the image ${found.id}` };
  if (!isDryRun) await remove();
  return 'removed';
}

function isSameName(tag: string, name: string): boolean {
  return isImageReference(tag) && formatImageReference(parseImageReference(tag)) === name;
}
