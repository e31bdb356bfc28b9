import { Readable } from 'node:stream';
import type { EnginePort } from '@dock/core';
import { containerEngineKey, type WithContainerEngine } from './container-engine/container-engine.js';
import { type ConnectEngineOptions, createEngineContext } from './engine-context.js';
import type * as PortParts from './port-parts.js';
import { guardAnswers } from './transport/guard-answers.js';

let loaded: Promise<typeof PortParts> | undefined;
/** Loaded once: each import of its own goes through Node's resolver again. */
const parts = () => (loaded ??= import('./port-parts.js'));

/**
 * The port to an engine. Nothing is asked before the first call, and the parts behind the calls are loaded when they are first needed; the
 * API version is negotiated once.
 *
 * @throws nothing by itself; the calls throw DAEMON_UNREACHABLE, API_VERSION_UNSUPPORTED and what the port says
 */
export async function connectEngine(options: ConnectEngineOptions): Promise<EnginePort> {
  const context = createEngineContext(options);
  const { connection, source, describe } = context;
  const { url, origin } = options.endpoint;
  const port: EnginePort & WithContainerEngine = {
    endpoint: { url, origin },
    describe: async (scope = {}) => describe(scope),
    build: async (spec, stream = {}) => {
      const { buildImage } = await parts();
      return buildImage(spec, { ...context, onBuildContainer: options.onBuildContainer, env: options.env }, stream);
    },
    buildOutputs: async (spec, stream = {}) => {
      const { buildOutputs } = await import('./build/build-outputs.js');
      return buildOutputs(spec, { ...context, env: options.env }, stream);
    },
    inspectImage: async (nameOrId, scope = {}) => {
      const { imageDetails, inspectRaw } = await parts();
      const [raw, { store }] = await Promise.all([inspectRaw(connection, nameOrId, scope), describe(scope)]);
      return raw === undefined ? undefined : imageDetails(raw, store);
    },
    imageHistory: async (nameOrId, scope = {}) => (await parts()).imageHistory(connection, nameOrId, scope),
    builtImage: async (nameOrId, scope = {}) => {
      const [{ builtImage }, { store }] = await Promise.all([parts(), describe(scope)]);
      return builtImage(connection, nameOrId, store, scope);
    },
    pullImage: async (reference, stream = {}) =>
      (await parts()).pullImage(connection, source, reference, { ...idle(options.transferIdle?.pullMs), ...stream }),
    loadImage: async (archive, scope = {}) => {
      const { loadImage } = await import('./container-engine/load-image.js');
      const [loaded] = await loadImage(connection, Readable.from(archive), scope);
      if (loaded === undefined) throw new RangeError('an engine that loaded nothing');
      return loaded;
    },
    tagImage: async (id, reference, scope = {}) => (await parts()).tagImage(connection, id, reference, scope),
    removeImage: async (nameOrId, scope = {}) => (await parts()).removeImage(connection, nameOrId, scope),
    pushImage: async (reference, stream = {}) =>
      (await parts()).pushImage(connection, source, reference, { ...idle(options.transferIdle?.pushMs), ...stream }),
    findManifest: async (reference, scope = {}) => (await parts()).findManifest(context, reference, scope),
    probeRegistry: async (reference, scope) => (await parts()).probeRegistry(context, reference, scope),
    runnablePlatforms: async (scope = {}) => {
      const [engine, { runnablePlatforms }] = await Promise.all([
        describe(scope),
        import('./containers/runnable-platforms.js'),
      ]);
      return runnablePlatforms(connection, engine, scope);
    },
    runContainer: async (request, stream = {}) =>
      (await import('./containers/run-container.js')).runContainer(context, request, stream),
    startContainer: async (request, scope = {}) =>
      (await import('./containers/running-container.js')).startRunningContainer(context, request, scope),
    close: async () => connection.close(),
    [containerEngineKey]: async () =>
      (await import('./container-engine/create-container-engine.js')).createContainerEngine(context),
  };
  return guardAnswers(port, connection);
}

function idle(idleTimeoutMs: number | undefined): { readonly idleTimeoutMs?: number } {
  return idleTimeoutMs === undefined ? {} : { idleTimeoutMs };
}
