/// <reference types="node" preserve="true" />
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
export { type BuildSession, createSession, type SessionCarrier, type SessionOptions } from './session/session.js';
export { sshService } from './session/ssh-service.js';
