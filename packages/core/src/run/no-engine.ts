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

/** An engine that is connected by the first call. */
export function engineLater(connect: () => Promise<EnginePort>): EnginePort {
  return { ...portOf<EnginePort>(engineCalls, connect), endpoint: { url: '', origin: 'none' } };
}

/** Stands for the engine where a run ended before it had one: every call, from a cleanup tap for example, says so. */
export function noEngine(): EnginePort {
  return engineLater(async () => {
    throw new DockError('DAEMON_UNREACHABLE', 'This run has no engine: it ended before one was connected.');
  });
}
