import type { RunTimeouts } from '../contracts/build-request.js';

/** The limits of a run with every default filled in, ms; 0 means none. */
export type Limits = Required<RunTimeouts>;

/** Limits that hold when a request names none. */
export const defaultLimits: Limits = {
  runMs: 2 * 60 * 60_000,
  phaseMs: 0,
  pluginMs: 60 * 60_000,
  sourceMs: 10 * 60_000,
  buildIdleMs: 0,
};

/** How long a tap may take to stop once its signal is aborted, ms: the whole run ends within 10 s of the first signal. */
export const graceMs = 4_000;

/** The limits of a request. */
export function limitsOf(timeouts: RunTimeouts | undefined): Limits {
  return { ...defaultLimits, ...timeouts };
}
