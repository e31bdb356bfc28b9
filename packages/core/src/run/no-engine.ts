import type { EnginePort } from '../contracts/engine-port.js';
import { DockError } from '../errors/dock-error.js';
import { type CallsOf, portOf } from './port-of.js';

const engineCalls: CallsOf<EnginePort> = {
  build: true,
  buildOutputs: true,
  inspectImage: true,
  imageHistory: true,
  builtImage: true,
  pullImage: true,
  loadImage: true,
  tagImage: true,
  removeImage: true,
  pushImage: true,
  runnablePlatforms: true,
  runContainer: true,
  startContainer: true,
  describe: true,
  findManifest: true,
  probeRegistry: true,
  close: true,
};

/** An engine that is connected by the first call; until then nobody knows where it is. */
export function engineLater(connect: () => Promise<EnginePort>): EnginePort {
  let endpoint: EnginePort['endpoint'] = { url: '', origin: 'none' };
  const calls = portOf<EnginePort>(engineCalls, async () => {
    const engine = await connect();
    endpoint = engine.endpoint;
    return engine;
  });
  return Object.defineProperty(calls, 'endpoint', { get: () => endpoint, enumerable: true }) as EnginePort;
}

/** Stands for the engine where a run ended before it had one: every call, from a cleanup tap for example, says so. */
export function noEngine(): EnginePort {
  return engineLater(async () => {
    throw new DockError('DAEMON_UNREACHABLE', 'This run has no engine: it ended before one was connected.');
  });
}
