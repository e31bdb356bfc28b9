import { faultError } from '@dock/core/internal';
import { isProtectedFromHangup } from './hangup.js';

/** The signals of one run, and how to let go of them. */
export interface RunSignals {
  /** Aborted by the first SIGINT, SIGTERM or SIGHUP, or by a fault that nothing caught. */
  readonly signal: AbortSignal;
  /** Aborted by the second. */
  readonly forceSignal: AbortSignal;
  release(): void;
}

/** How long a run may take to end after a fault that nothing caught, ms. */
const faultGraceMs = 15_000;

/** Names of signals, exit status by the rule 128 + number; a closed terminal counts as a request to terminate. */
export const signalReasons = { SIGINT: 'SIGINT', SIGTERM: 'SIGTERM', SIGHUP: 'SIGTERM' } as const;

/** The signals that end something: a hangup only where nobody asked to be protected from it. */
export function endingSignals(): (keyof typeof signalReasons)[] {
  const names = Object.keys(signalReasons) as (keyof typeof signalReasons)[];
  return names.filter((name) => name !== 'SIGHUP' || !isProtectedFromHangup());
}

/**
 * Turn signals into aborts: the first cancels the run, the second stops waiting for taps, the third ends the process at once, after `lastWords`.
 * A rejection or exception that nothing caught ends the run as INTERNAL.
 */
export function listenForSignals(lastWords: (exitStatus: number) => void, tell: (text: string) => void): RunSignals {
  const cancel = new AbortController();
  const force = new AbortController();
  let count = 0;
  const onSignal = (name: NodeJS.Signals) => {
    const reason = signalReasons[name as keyof typeof signalReasons] ?? 'SIGTERM';
    count += 1;
    if (count === 1) {
      tell(`${name}: cancelling; once more to stop waiting`);
      cancel.abort(reason);
    } else if (count === 2) {
      tell(`${name}: not waiting any longer; once more to end at once`);
      force.abort(reason);
    } else {
      const status = reason === 'SIGINT' ? 130 : 143;
      lastWords(status);
      process.exit(status);
    }
  };
  const onFault = (fault: unknown) => {
    cancel.abort(faultError(fault));
    setTimeout(() => {
      lastWords(70);
      process.exit(70);
    }, faultGraceMs).unref();
  };
  const names = endingSignals();
  for (const name of names) process.on(name, onSignal);
  process.on('uncaughtException', onFault);
  process.on('unhandledRejection', onFault);
  return {
    signal: cancel.signal,
    forceSignal: force.signal,
    release() {
      for (const name of names) process.off(name, onSignal);
      process.off('uncaughtException', onFault);
      process.off('unhandledRejection', onFault);
    },
  };
}
