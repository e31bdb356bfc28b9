import type { EnginePort } from '@dock/core';
import { containerEngineKey, type WithContainerEngine } from './container-engine/container-engine.js';
import { type ConnectEngineOptions, createEngineContext } from './engine-context.js';

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
      const { buildImage } = await import('./build/build-image.js');
      return buildImage(spec, { ...context, onBuildContainer: options.onBuildContainer, env: options.env }, stream);
    },
    inspectImage: async (nameOrId, scope = {}) => {
      const { imageDetails, inspectRaw } = await import('./images/inspect-image.js');
      const [raw, { store }] = await Promise.all([inspectRaw(connection, nameOrId, scope), describe(scope)]);
      return raw === undefined ? undefined : imageDetails(raw, store);
    },
    imageHistory: async (nameOrId, scope = {}) =>
      (await import('./images/local-images.js')).imageHistory(connection, nameOrId, scope),
    builtImage: async (nameOrId, scope = {}) => {
      const [{ builtImage }, { store }] = await Promise.all([import('./build/built-image.js'), describe(scope)]);
      return builtImage(connection, nameOrId, store, scope);
    },
    pullImage: async (reference, stream = {}) =>
      (await import('./images/pull-image.js')).pullImage(connection, source, reference, {
        ...idle(options.transferIdle?.pullMs),
        ...stream,
      }),
    tagImage: async (id, reference, scope = {}) =>
      (await import('./images/local-images.js')).tagImage(connection, id, reference, scope),
    removeImage: async (nameOrId, scope = {}) =>
      (await import('./images/local-images.js')).removeImage(connection, nameOrId, scope),
    pushImage: async (reference, stream = {}) =>
      (await import('./images/push-image.js')).pushImage(connection, source, reference, {
        ...idle(options.transferIdle?.pushMs),
        ...stream,
      }),
    findManifest: async (reference, scope = {}) =>
      (await import('./images/find-manifest.js')).findManifest(context, reference, scope),
    probeRegistry: async (reference, scope) =>
      (await import('./images/probe-registry.js')).probeRegistry(context, reference, scope),
    runContainer: async (request, stream = {}) =>
      (await import('./containers/run-container.js')).runContainer(context, request, stream),
    startContainer: async (request, scope = {}) =>
      (await import('./containers/running-container.js')).startRunningContainer(context, request, scope),
    close: async () => connection.close(),
    [containerEngineKey]: async () =>
      (await import('./container-engine/create-container-engine.js')).createContainerEngine(context),
  };
  return port;
}

function idle(idleTimeoutMs: number | undefined): { readonly idleTimeoutMs?: number } {
  return idleTimeoutMs === undefined ? {} : { idleTimeoutMs };
}
