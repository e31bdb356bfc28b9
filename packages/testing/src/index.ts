export { buildImage, type BuildImageOptions } from './build-image/build-image.js';
export { startFakeEngine, type FakeEngineOptions } from './fake-engine/fake-engine.js';
export type { FakeEngine } from './fake-engine/fake-engine-types.js';
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
export {
  startFaultProxy,
  type FaultProxy,
  type FaultProxyOptions,
  type ProxiedConnection,
} from './fault-proxy/fault-proxy.js';
export {
  startRegistryProxy,
  type ProxiedRequest,
  type RegistryProxy,
  type RegistryRule,
} from './fault-proxy/registry-proxy.js';
export { buildSpec, builtImage, checkout } from './run-plugin/build-values.js';
export type { ContextOverrides, HookInputs, HookOutputs, PluginCall } from './run-plugin/hook-values.js';
export { runPlugin, type PluginOutcome } from './run-plugin/run-plugin.js';
export { install, type InstalledPackages, type InstallOptions } from './install/install.js';
export type { EngineVersion } from './install/package-sets.js';
export { rigTool, type RigTool } from './install/tool-wrappers.js';
export { baseImage, type BaseImageOptions, type RigImage } from './rig/base-image.js';
export { type BuilderContainer, startBuilderContainer } from './rig/builder-container.js';
export { engineRequest, type EngineAnswer, type EngineRequestOptions } from './rig/engine-request.js';
export { engineKindNames, engineKinds, type EngineKind } from './rig/engine-kinds.js';
export { listLeftovers, type EngineLeftovers } from './rig/list-leftovers.js';
export type { EngineOptions, EngineStore, RigEngine, SharedRigEngine } from './rig/rig-engine.js';
export type {
  GitRequest,
  GitServerOptions,
  RigFile,
  RigFiles,
  RigGitServer,
  RigRepository,
  SharedRigGitServer,
} from './rig/rig-git-server.js';
export type {
  RegistryAuth,
  RegistryOptions,
  RegistryRequest,
  RigRegistry,
  SharedRigRegistry,
} from './rig/rig-registry.js';
export { startRigRun, type RigRun } from './rig/rig-run.js';
export { sharedEngine, sharedGitServer, sharedRegistry } from './rig/shared-services.js';
export { startEngine } from './rig/start-engine.js';
export { startGitServer } from './rig/start-git-server.js';
export {
  type BuilderClientFiles,
  type RemoteBuilder,
  type RemoteBuilderOptions,
  startRemoteBuilder,
} from './rig/start-remote-builder.js';
export { startRegistry } from './rig/start-registry.js';
export { findLeftovers, sweep, type RigLeftovers } from './rig/sweep.js';
export { tarArchive, type TarEntry } from './rig/tar-archive.js';
