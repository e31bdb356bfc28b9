import type { RunTimeouts } from '../contracts/build-request.js';
import { DockError } from '../errors/dock-error.js';
import { thrownMessage } from '../errors/thrown-message.js';

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
  pushIdleMs: 120_000,
};

/** How long a tap may take to stop once its signal is aborted, ms: the whole run ends within 10 s of the first signal. */
export const graceMs = 4_000;

/** The limits of a request; what is left out, or no limit at all, is the default. */
export function limitsOf(timeouts: RunTimeouts | undefined): Limits {
  const given = Object.entries(timeouts ?? {}).filter(([, value]) => isLimit(value));
  return { ...defaultLimits, ...Object.fromEntries(given) };
}

/** @throws INVALID_OPTION for a limit that is no number of milliseconds */
export function checkLimits(timeouts: RunTimeouts | undefined): void {
  for (const [key, value] of Object.entries(timeouts ?? {}) as [string, unknown][]) {
    if (value === undefined || isLimit(value)) continue;
    throw new DockError('INVALID_OPTION', `The limit "timeouts.${key}" is "${thrownMessage(value)}".`, {
      hint: 'Give a number of milliseconds; 0 means none.',
    });
  }
}

function isLimit(value: unknown): value is number {
  return typeof value === 'number' && value >= 0;
}
