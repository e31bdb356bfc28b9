import { type ConnectOptions, DockError, type EnginePort, type SavedState, toDockError } from '@dock/core';
import { underLimit } from '@dock/core/internal';
import type { ConnectEngineOptions } from '@dock/engine';
import { collectLocally, collectNotes, forgetRun, isInEngine } from './collect-run.js';
import { Findings } from './findings.js';
import type { GcItem } from './gc-report.js';
import { savedRuns } from './saved-runs.js';
import type { EngineAccess } from './take-back.js';
import { createVerdict } from './verdict.js';

/** How long the start of a run may be held up by what others left, ms. */
const limitMs = 10_000;

/** Runs of this state directory whose process was one of ours, on this machine, and is gone. Nothing but the directory is looked at. */
export function deadRuns(stateDir: string): SavedState[] {
  const states = savedRuns(stateDir);
  if (states.length === 0) return [];
  const verdict = createVerdict(undefined);
  return states.filter(({ identity }) => verdict({ identity }) === undefined);
}

/**
 * Collect dead runs: their results, their work directories, and what they left in the engine that this run uses. A failure is a warning; it never
 * fails the run.
 */
export async function collectDeadRuns(
  states: readonly SavedState[],
  engine: EnginePort,
  options: ConnectEngineOptions,
  run: ConnectOptions,
): Promise<void> {
  const { connectLeftovers } = await import('@dock/engine');
  const leftovers = await connectLeftovers(options);
  const overTime = () => new DockError('TIMEOUT', `Collecting dead runs took longer than ${limitMs} ms.`);
  try {
    await underLimit({ signal: run.signal, limitMs, overTime }, async (signal) => {
      for (const state of states) await collectDeadRun(state, { engine, leftovers, signal }, run);
    });
  } finally {
    leftovers.close();
  }
}

async function collectDeadRun(state: SavedState, access: EngineAccess, run: ConnectOptions): Promise<void> {
  const findings = new Findings();
  const isDoneHere = await collectLocally(state, findings, false);
  try {
    const isHere = state.engine === access.engine.endpoint.url;
    if (isHere) await collectLabelled(state, access, findings);
    const isDone = isHere ? await collectNotes(state, access, findings, false) : !state.notes.some(isInEngine);
    if (isDone && isDoneHere && findings.failure === undefined) forgetRun(state);
  } catch (error) {
    findings.fail(toDockError(error));
  }
  tell(state, findings, run);
}

async function collectLabelled(
  { run }: SavedState,
  { leftovers, signal }: EngineAccess,
  findings: Findings,
): Promise<void> {
  const call = signal === undefined ? {} : { signal };
  for (const { kind, id, isKept } of await leftovers.list({ ...call, run })) {
    if (isKept === true) continue;
    await findings.attempt({ kind, id, run }, async () => {
      await leftovers.remove({ kind, id }, call);
      findings.removed.push({ kind, id, run });
    });
  }
}

function tell(state: SavedState, findings: Findings, run: ConnectOptions): void {
  const { removed, failure } = findings;
  if (removed.length > 0) {
    const message = `Removed what the killed run "${state.run}" had left: ${removed.map(words).join(', ')}.`;
    run.emit?.({ type: 'log', level: 'info', message, source: 'dock' });
  }
  if (failure === undefined || isOwnTrouble(failure)) return;
  run.emit?.({
    type: 'warning',
    message: `Not everything that the killed run "${state.run}" left could be removed: ${failure.message}`,
    hint: 'Run "dock gc".',
  });
}

const words = ({ kind, id }: GcItem): string => `${kind} ${id}`;

/** What the run itself is about to say. */
function isOwnTrouble({ code }: DockError): boolean {
  return code === 'DAEMON_UNREACHABLE' || code === 'CANCELLED';
}
