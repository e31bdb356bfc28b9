import type { EnginePort } from '../contracts/engine-port.js';
import { DockError } from '../errors/dock-error.js';
import { portOf } from './port-of.js';

/** Stands for the engine where a run ended before it had one: every call, from a cleanup tap for example, says so. */
export function noEngine(): EnginePort {
  return portOf<EnginePort>(async () => {
    throw new DockError('DAEMON_UNREACHABLE', 'This run has no engine: it ended before one was connected.');
  });
}
