import { makeServiceDirectory } from './service-directory.js';
import { endRun, sweep, type RigLeftovers } from './sweep.js';

/** One run of tests (or a demo, or a benchmark) whose processes share services. */
export interface RigRun {
  /** Its directory, which `DOCK_RIG_DIR` names for this process and its children. */
  readonly directory: string;
  /** What crashed runs had left and this one swept. */
  readonly swept: RigLeftovers;
  /** Ends every service of the run. May be called twice. @returns the directories of services that tests started and did not stop */
  stop(): readonly string[];
}

/**
 * Opens a run: sweeps what crashed runs left, and sets `DOCK_RIG_DIR` in this process, whose children inherit it. The services end with `stop()`, at the exit
 * of this process, on SIGINT, SIGTERM and SIGHUP, and, should it be killed, with the next run's sweep.
 */
export function startRigRun(): RigRun {
  const swept = sweep();
  const { path } = makeServiceDirectory('run');
  process.env.DOCK_RIG_DIR = path;
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const stop = () => {
    if (process.env.DOCK_RIG_DIR === path) delete process.env.DOCK_RIG_DIR;
    process.off('exit', stop);
    for (const signal of signals) process.off(signal, onSignal);
    return endRun(path);
  };
  const onSignal = (signal: NodeJS.Signals) => {
    stop();
    // Others may handle the signal too; if nobody does, it ends the process as if the rig had not listened.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  process.once('exit', stop);
  for (const signal of signals) process.once(signal, onSignal);
  return { directory: path, swept, stop };
}
