/// <reference types="node" preserve="true" />
export type { SolveEnvironment } from './build/solve-environment.js';
export { imageInEngine, type SolveOutput } from './build/solve-output.js';
export { refuseUntrustedFrontend, untrustedFrontend } from './build/untrusted-frontend.js';
export type { BuilderDoor, SessionHeaders } from './control/builder-door.js';
export { buildFailure, buildWithoutResult } from './failure/build-failure.js';
export { refuseHeredocs } from './failure/frontend-age.js';
export type { SendTarget } from './session/filesend/file-send.js';
export type { ReceivedTree } from './session/filesend/receive-tree.js';
export { solveBuild, warmUpSolve } from './solve.js';
