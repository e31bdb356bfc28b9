import { type SavedState, toDockError } from '@dock/core';
import type { LabelledObject } from '@dock/engine';
import { callKinds, type CallSchemas, checkCall } from '../check-call.js';
import { connectionOf, type EngineChoice } from '../run/connect.js';
import { existingTempDirectory, stateDirectory } from '../run/directories.js';
import { type Environment, readSurroundings, type Surroundings } from '../run/surroundings.js';
import { collectDirectories } from './collect-directories.js';
import { collectLocally, collectNotes, forgetRun, isInEngine } from './collect-run.js';
import { Findings } from './findings.js';
import type { GcReport } from './gc-report.js';
import { savedRuns } from './saved-runs.js';
import { type EngineAccess, itemOf } from './take-back.js';
import { createVerdict, type Verdict } from './verdict.js';

/** The role of containers that `DockerTasker.run` starts. */
const taskerRole = 'tasker';

/** Options of {@link collectGarbage}. */
export interface GcOptions extends EngineChoice {
  /** Say what would be removed, and touch nothing. @default false */
  readonly dryRun?: boolean;
  /** Remove also what is older, ms, when it cannot be told whether its process is gone. @default never */
  readonly olderThanMs?: number;
  /** @default the process's, read once at the call */
  readonly env?: Environment;
  /** The directory that relative paths start from. @default the process's */
  readonly cwd?: string;
  /** Where the runs wrote their state. @default `$XDG_STATE_HOME/dock/runs` */
  readonly stateDir?: string;
  readonly signal?: AbortSignal;
}

/**
 * Remove what runs left whose process was killed: containers, volumes and networks with dock's labels, what their state files note, and their work
 * directories; and write the results that they could not write. Only what belongs to a process of this machine, boot and pid namespace that is
 * gone is removed, everything else by `olderThanMs`; nothing is ever pruned. Failures are in the report.
 *
 * @throws CONFIG_INVALID for an argument of a wrong type or an unknown key
 */
export async function collectGarbage(options: GcOptions = {}): Promise<GcReport> {
  const z = await import('@dock/core/schema');
  const { text, number, boolean, object, anything } = callKinds(z);
  const schemas: CallSchemas<keyof GcOptions> = {
    ...{ dryRun: boolean, olderThanMs: number, host: text, context: text, env: object, cwd: text },
    ...{ stateDir: text, signal: anything },
  };
  checkCall(z, options, schemas, 'the options of collectGarbage');
  const { dryRun: isDryRun = false, olderThanMs, signal } = options;
  const surroundings = readSurroundings(options);
  const findings = new Findings();
  const verdict = createVerdict(olderThanMs);
  const states = savedRuns(options.stateDir ?? stateDirectory(surroundings));
  const dead: SavedState[] = [];
  for (const state of states) {
    const why = verdict({ identity: state.identity, createdAt: state.startedAt });
    if (why === undefined) dead.push(state);
    else for (const note of state.notes) findings.kept.push({ ...itemOf(note, state), why });
  }
  const doneHere = new Set<SavedState>();
  for (const state of dead) if (await collectLocally(state, findings, isDryRun)) doneHere.add(state);
  try {
    const parent = existingTempDirectory(surroundings);
    if (parent !== undefined) await collectDirectories(parent, states, findings, { olderThanMs, isDryRun });
  } catch (error) {
    findings.fail(toDockError(error));
  }
  try {
    await withEngine(options, surroundings, signal, async (access) => {
      await collectLabelled(access, verdict, findings, isDryRun);
      for (const state of dead) {
        const isDone = await collectRun(state, access, findings, isDryRun);
        if (isDone && doneHere.has(state) && !isDryRun) forgetRun(state);
      }
    });
  } catch (error) {
    findings.fail(toDockError(error));
  }
  return findings.report(isDryRun);
}

async function withEngine(
  choice: EngineChoice,
  surroundings: Surroundings,
  signal: AbortSignal | undefined,
  work: (access: EngineAccess) => Promise<void>,
): Promise<void> {
  const { connectEngine, connectLeftovers } = await import('@dock/engine');
  const options = await connectionOf(choice, surroundings);
  const [engine, leftovers] = await Promise.all([connectEngine(options), connectLeftovers(options)]);
  try {
    await work({ engine, leftovers, ...(signal === undefined ? {} : { signal }) });
  } finally {
    leftovers.close();
    await engine.close();
  }
}

/** Everything with dock's labels that may go; containers before the volumes that they use. */
async function collectLabelled(
  { leftovers, signal }: EngineAccess,
  verdict: Verdict,
  findings: Findings,
  isDryRun: boolean,
): Promise<void> {
  const call = signal === undefined ? {} : { signal };
  for (const object of await leftovers.list(call)) {
    const { kind, id, run, role } = object;
    const item = { kind, id, run, ...(role === undefined ? {} : { role }) };
    const why = verdict(object) ?? whyHandedOut(object, verdict);
    if (why !== undefined) findings.kept.push({ ...item, why });
    else {
      await findings.attempt(item, async () => {
        if (!isDryRun) await leftovers.remove(object, call);
        findings.removed.push(item);
      });
    }
  }
}

/** Why a container stays whose ID a script was given to work with: nothing says that the end of the script is the end of its work. */
function whyHandedOut({ role, createdAt }: LabelledObject, verdict: Verdict): string | undefined {
  if (role !== taskerRole) return undefined;
  const isOld = verdict(createdAt === undefined ? {} : { createdAt }) === undefined;
  return isOld ? undefined : 'a script started it by "run" and has its ID; --older-than removes it by age';
}

/** What a dead run noted in an engine. @returns whether everything was seen to */
async function collectRun(
  state: SavedState,
  access: EngineAccess,
  findings: Findings,
  isDryRun: boolean,
): Promise<boolean> {
  const isHere = state.engine === undefined || state.engine === access.engine.endpoint.url;
  if (isHere) return collectNotes(state, access, findings, isDryRun);
  const why = `it is in the engine at "${state.engine}"; "dock gc --host ${state.engine}" removes it`;
  const notes = state.notes.filter(isInEngine);
  for (const note of notes) findings.kept.push({ ...itemOf(note, state), why });
  return notes.length === 0;
}
