import type { EnginePort } from '../contracts/engine-port.js';
import { DockError } from '../errors/dock-error.js';
import { type CallsOf, portOf } from './port-of.js';

const engineCalls: CallsOf<EnginePort> = {
  build: true,
  inspectImage: true,
  imageHistory: true,
  builtImage: true,
  pullImage: true,
  tagImage: true,
  removeImage: true,
  pushImage: true,
  runContainer: true,
  startContainer: true,
  describe: true,
  findManifest: true,
  probeRegistry: true,
  close: true,
};

/** Stands for the engine where a run ended before it had one: every call, from a cleanup tap for example, says so. */
export function noEngine(): EnginePort {
  const calls = portOf<EnginePort>(engineCalls, async () => {
    throw new DockError('DAEMON_UNREACHABLE', 'This run has no engine: it ended before one was connected.');
  });
  return { ...calls, endpoint: { url: '', origin: 'none' } };
}
