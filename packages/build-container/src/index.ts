export { runInBuildContainer } from './host/run-in-build-container.js';
export type { BuildContainerProfile, ContainerShape, HostEngine } from './host/build-container-profile.js';
export type { InsideEngine, SocketEngine } from './protocol.js';
