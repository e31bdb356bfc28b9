/// <reference types="node" preserve="true" />
export { refuseUntrustedFrontend, untrustedFrontend } from './build/untrusted-frontend.js';
export type { SolveEnvironment } from './build/solve-build.js';
export { solveBuild, warmUpSolve } from './solve.js';
export type { BuilderDoor } from './control/open-control.js';
export { authService } from './session/auth-service.js';
export {
  createFileSync,
  type FileSync,
  type FileSyncOptions,
  type SyncedDirectory,
} from './session/filesync/file-sync.js';
export { fieldNumber, fieldText, type ProtoField, readFields } from './session/protobuf.js';

export { secretsService } from './session/secrets-service.js';
export {
  grpcStatus,
  GrpcError,
  type SessionCall,
  type SessionMethod,
  type SessionService,
  type SessionStream,
} from './session/service.js';
export { type BuildSession, createSession, type SessionOptions } from './session/session.js';
export { sshService } from './session/ssh-service.js';
