export { buildImage, type BuildOptions } from './build-image.js';
export { buildImageHere, type BuildImageHereParameters } from './build-image-here.js';
export {
  buildImageUsingHostsDocker,
  type BuildImageUsingHostsDockerParameters,
} from './build-image-using-hosts-docker.js';
export {
  buildImageInPrivilegedContainer,
  type BuildImageInPrivilegedContainerParameters,
} from './build-image-in-privileged-container.js';
export {
  chooseRunner,
  type ContainerRunnerOptions,
  type Method,
  methods,
  type RunnerChoice,
} from './runners/choose-runner.js';
export type { ContainerParameters } from './runners/container-parameters.js';
export { pushImage, type PushImageParameters } from './push-image.js';
export { pushTapsOf } from './push-taps.js';
export {
  createBuildImage,
  type CreateBuildImageParameters,
  defaultBase,
} from './create-build-image/create-build-image.js';
export { listBuilders, type ListBuildersOptions } from './builders/list-builders.js';
export type { BuilderEntry, BuildersReport, NodeEntry } from './builders/builders-report.js';
export { collectGarbage, type GcOptions } from './gc/collect-garbage.js';
export type { GcItem, GcReport, RecoveredRun } from './gc/gc-report.js';
export { throwIfFailed } from './throw-if-failed.js';
export { prepareInTime } from './run/prepare-in-time.js';
export { runBuild, type PreparedBuild, type RunOptions } from './run/run-build.js';
export type { PluginChoice } from './run/assemble-plugins.js';
export { connectToEngine, type EngineChoice } from './run/connect.js';
export { cacheDirectory, stateDirectory, tempDirectory } from './run/directories.js';
export { ensurePrivateDirectory } from './run/private-directory.js';
export { type Environment, readSurroundings, type Surroundings } from './run/surroundings.js';
export { warmUpEngine } from './run/warm-up-engine.js';
export { writeJsonFile } from './run/write-json-file.js';
export {
  DockerBuildWorkflow,
  type DockerBuildWorkflowParameters,
  type PluginResults,
} from './predecessor/docker-build-workflow.js';
export { InsideBuilder, type InsideBuilderParameters, type RawInspection } from './predecessor/inside-builder.js';
export { type BuildJsonChoice, readBuildJson } from './predecessor/build-json.js';
export type { PluginsConfig } from './predecessor/plugin-files.js';
