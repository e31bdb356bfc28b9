import type { EnginePort } from '../contracts/engine-port.js';
import { DockError } from '../errors/dock-error.js';

/** Stands for the engine where a run ended before it had one: every call, from a cleanup tap for example, says so. */
export function noEngine(): EnginePort {
  const refuse = async (): Promise<never> => {
    throw new DockError('DAEMON_UNREACHABLE', 'This run has no engine: it ended before one was connected.');
  };
  const named = (key: string | symbol) => typeof key === 'string' && key !== 'then';
  return new Proxy({}, { get: (_, key) => (named(key) ? refuse : undefined) }) as EnginePort;
}
