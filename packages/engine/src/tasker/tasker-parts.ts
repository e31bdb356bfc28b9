// What the tasker does its work with, loaded on its first call: importing the package must stay cheap.
export { containerName, inspectContainer, removeContainer } from '../containers/container-client.js';
export { readOutput, textSink } from '../containers/container-output.js';
export { postContainer } from '../containers/create-container.js';
export { waitContainer } from '../containers/wait-container.js';
export { engineImageName, imageNotFound } from '../images/image-name.js';
export { inspectRaw } from '../images/inspect-image.js';
export { orNotFound, removeImage, tagImage } from '../images/local-images.js';
export { pullImage } from '../images/pull-image.js';
export { pushImage } from '../images/push-image.js';
export { documentOf } from '../transport/answers.js';
export { engineMessage, engineStatus } from '../transport/engine-error.js';
export { buildForTasker, dockerfileIn, withCheckout } from './build-for-tasker.js';
export { hasName, imageRows } from './image-rows.js';
export { splitCommand } from './split-command.js';
export { composeReference, nameOf } from './target-name.js';
