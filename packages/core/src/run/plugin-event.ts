import type { EngineEvent } from '../contracts/event.js';
import { thrownMessage } from '../errors/thrown-message.js';
import { plainCopy } from '../hooks/plain-value.js';

/** What each event that a plugin may emit must hold as text. Everything else (`run.end`, `phase.start`, …) is for the run to say. */
const textFields: Readonly<Record<EngineEvent['type'], readonly string[]>> = {
  'step.start': ['step', 'name'],
  'step.log': ['step', 'text'],
  'step.progress': ['step', 'status'],
  'step.end': ['step', 'status'],
  'pull.progress': ['reference', 'status'],
  'push.progress': ['reference', 'status'],
  log: ['level', 'message'],
  warning: ['message'],
};

/** The event that a plugin emitted, copied, or why it is none. Throwing would hit whatever reads the engine's stream. */
export function pluginEvent(value: unknown): { readonly event: EngineEvent } | { readonly problem: string } {
  let event: Readonly<Record<string, unknown>>;
  try {
    event = plainCopy(value, 'it') as typeof event;
  } catch (error) {
    return { problem: thrownMessage(error) };
  }
  const type: unknown = (event as { type?: unknown } | null)?.type;
  if (typeof type !== 'string' || !Object.hasOwn(textFields, type))
    return { problem: `a plugin cannot emit the type "${String(type)}".` };
  const missing = textFields[type as EngineEvent['type']].find((field) => typeof event[field] !== 'string');
  if (missing !== undefined) return { problem: `its "${missing}" is no text.` };
  return { event: event as unknown as EngineEvent };
}
