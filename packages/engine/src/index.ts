/// <reference types="node" preserve="true" />
export * from './endpoint/engine-endpoint.js';
export { parseHost } from './endpoint/parse-host.js';
export { type EndpointRequest, resolveEndpoint } from './endpoint/resolve-endpoint.js';
export { type ContextTar, type ContextTarRequest, createContextTar } from './context/context-tar.js';
export { createDirectoryTar } from './context/directory-tar.js';
export { connectEngine } from './connect-engine.js';
export { pingEngine } from './ping-engine.js';
export type { EnginePing } from './transport/connection.js';
export type { ConnectEngineOptions } from './engine-context.js';
export { labelNames } from './containers/identity-labels.js';
export { connectLeftovers, type LeftoverPort } from './leftovers/connect-leftovers.js';
export type { LabelledObject } from './leftovers/labelled-object.js';
export {
  type BuildFromGitOptions,
  type BuildFromPathOptions,
  DockerTasker,
  type DockerTaskerOptions,
  type RunOptions,
  type TaskerCallOptions,
} from './tasker/docker-tasker.js';
export type { ImageRow } from './tasker/image-rows.js';
export { warmUp } from './warm-up.js';
export {
  containerEngine,
  type ContainerEngine,
  type EngineSecurity,
  type WaitForExit,
} from './container-engine/container-engine.js';
export type { Attachment, AttachOptions } from './container-engine/attach-container.js';
export type { CommitRequest } from './container-engine/commit-container.js';
export type { ContainerMount, CreateRequest } from './container-engine/create-request.js';
export type { ExecStreamOptions } from './containers/exec-stream.js';
export type { VolumeRequest, VolumeUser } from './container-engine/volumes.js';
export type { ContainerState } from './containers/container-client.js';
export type { OutputStream } from './stream/demultiplexer.js';
export { fileTar, type TarFileEntry } from './context/file-tar.js';
export { LineTail } from '@dock/core/internal';
export { createFileTar, createSourceTar, type SourceTar, type SourceTarRequest } from './context/source-tar.js';
export { hasDockerContext, reachEngines } from './build/reach-engines.js';
