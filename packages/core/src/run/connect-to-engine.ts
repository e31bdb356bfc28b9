import type { EngineDescription, EnginePort } from '../contracts/engine-port.js';
import type { ConnectOptions } from '../contracts/runner.js';
import { DockError } from '../errors/dock-error.js';
import { underLimit } from '../time/under-limit.js';
import type { RunScope } from './run-scope.js';

/** What the run gives to whoever connects. */
export function connectOptions(scope: RunScope): ConnectOptions {
  return {
    signal: scope.signal,
    addSecret: (value) => scope.masker.add(value),
    limits: scope.limits,
    note: (what) => scope.state.note(what),
    emit: (event) => (event.type === 'warning' ? scope.warn(event) : void scope.emit(event)),
  };
}

/** Connect as the caller does, with what the run gives to it; closed at the end of the run, also when it came too late. */
export async function connectToEngine(scope: RunScope): Promise<EnginePort> {
  const engine = await scope.context.connectEngine(connectOptions(scope));
  // First on the stack, so closed last: what else is undone may need it.
  scope.cleanup.add("close the engine's sockets", () => engine.close());
  scope.state.useEngine(engine.endpoint.url);
  scope.hasEngine = true;
  return engine;
}

/** Ask the engine what it is. @throws TIMEOUT naming its option, DAEMON_UNREACHABLE, API_VERSION_UNSUPPORTED */
export async function describeInTime(
  engine: EnginePort,
  { limits, signal: runSignal }: RunScope,
  signal: AbortSignal = runSignal,
): Promise<EngineDescription> {
  const { connectMs: limitMs } = limits;
  const overTime = () =>
    new DockError('TIMEOUT', `The engine at "${engine.endpoint.url}" did not say within ${limitMs} ms what it is.`, {
      hint: 'Look at the engine, or raise timeouts.connectMs.',
    });
  return underLimit({ signal, limitMs, overTime }, (both) => engine.describe({ signal: both }));
}
