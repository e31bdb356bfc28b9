import type { EngineEvent } from '../contracts/event.js';

/** A warning as an event. */
export function warningEvent(message: string, hint?: string): EngineEvent {
  return { type: 'warning', message, ...(hint === undefined ? {} : { hint }) };
}
