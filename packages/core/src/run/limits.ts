import type { RunTimeouts } from '../contracts/request-options.js';

/** The limits of a run with every default filled in, ms; 0 means none. */
export type Limits = Required<RunTimeouts>;

/** Limits that hold when a request names none. */
export const defaultLimits: Limits = {
  runMs: 2 * 60 * 60_000,
  connectMs: 15_000,
  phaseMs: 0,
  pluginMs: 60 * 60_000,
  sourceMs: 10 * 60_000,
  buildIdleMs: 0,
  pullIdleMs: 120_000,
  pushIdleMs: 300_000,
};

/** How long a tap may take to stop once its signal is aborted, ms: the whole run ends within 10 s of the first signal. */
export const graceMs = 4_000;

/** The limits of a request; what is left out, or no limit at all, is the default. */
export function limitsOf(timeouts: RunTimeouts | undefined): Limits {
  const given = Object.entries(timeouts ?? {}).filter(([, value]) => isLimit(value));
  return { ...defaultLimits, ...Object.fromEntries(given) };
}

function isLimit(value: unknown): value is number {
  return typeof value === 'number' && value >= 0;
}
