export { startFakeEngine, type FakeEngine, type FakeEngineOptions } from './fake-engine/fake-engine.js';
export type { FakeContainerOptions } from './fake-engine/container-routes.js';
export {
  errorResponse,
  everyByte,
  jsonLines,
  jsonResponse,
  parts,
  splitAt,
  streamResponse,
  type BodyPart,
  type FakeResponse,
} from './fake-engine/fake-response.js';
export { fakeDigest } from './fake-engine/image-routes.js';
export { frames } from './fake-engine/frames.js';
export { inTurn, type FakeHandler, type RouteOptions } from './fake-engine/route.js';
export type { RecordedRequest } from './fake-engine/recorded-request.js';
export { startFaultProxy, type FaultProxy, type FaultProxyOptions, type ProxiedConnection } from './fault-proxy/fault-proxy.js';
export {
  startRegistryProxy,
  type ProxiedRequest,
  type RegistryProxy,
  type RegistryRule,
} from './fault-proxy/registry-proxy.js';
export { buildSpec, builtImage, checkout } from './run-plugin/build-values.js';
export type { ContextOverrides, HookInputs, HookOutputs, PluginCall } from './run-plugin/hook-values.js';
export { runPlugin, type PluginOutcome } from './run-plugin/run-plugin.js';
