export { runInBuildContainer } from './host/run-in-build-container.js';
export type {
  BuildContainerProfile,
  ContainerShape,
  HostEngine,
  ProfiledContainer,
} from './host/build-container-profile.js';
export { exportScript } from './inside/inner-engine/export-script.js';
export {
  type AddressPool,
  enginePlaces,
  type InnerEngineSettings,
} from './inside/inner-engine/inner-engine-settings.js';
export { type InsideEngine, places, type SocketEngine } from './protocol.js';
