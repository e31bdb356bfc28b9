/// <reference types="node" preserve="true" />
export type { SolveEnvironment } from './build/solve-environment.js';
export { imageInEngine, type SolveOutput } from './build/solve-output.js';
export { refuseUntrustedFrontend, untrustedFrontend } from './build/untrusted-frontend.js';
export {
  connectBuilder,
  createRemoteBuilder,
  currentBuilder,
  currentBuilderName,
  describeBuilder,
  describeBuilders,
  inspectNodes,
} from './builders.js';
export type { BuilderDescription, NodeDescription, NodePlace } from './builders/builder-description.js';
export { chooseNode, type NodeChoice } from './builders/choose-node.js';
export type { BuilderNode, ConnectBuilderOptions, ConnectedBuilder } from './builders/connect-builder.js';
export type { BuilderHome, NamedBuilder, UnreadBuilder } from './builders/describe-builder.js';
export type { NodeReport } from './builders/inspect-nodes.js';
export type { NodeEngine, ReachEngine } from './builders/node-engine.js';
export type { BuilderDoor, SessionHeaders, WithConnection } from './control/builder-door.js';
export { type DialAddress, dialHttp2 } from './control/dial-http2.js';
export { buildFailure, buildWithoutResult } from './failure/build-failure.js';
export { frontendTooOld, heredocsOf } from './failure/frontend-age.js';
export type { SendTarget } from './session/filesend/file-send.js';
export type { ReceivedTree } from './session/filesend/receive-tree.js';
export type { RemoteBuilderOptions } from './remote/create-remote-builder.js';
export { solveBuild, warmUpSolve, workerPlatforms } from './solve.js';
