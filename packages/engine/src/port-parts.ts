/**
 * The parts behind the calls of the port. They are loaded together, with the first call that needs one: each file of its own costs about a
 * millisecond before anything in it runs (docs/decisions/0011-speed.md).
 */
export { buildImage } from './build/build-image.js';
export { builtImage } from './build/built-image.js';
export { findManifest } from './images/find-manifest.js';
export { imageDetails, inspectRaw } from './images/inspect-image.js';
export { imageHistory, removeImage, tagImage } from './images/local-images.js';
export { probeRegistry } from './images/probe-registry.js';
export { pullImage } from './images/pull-image.js';
export { pushImage } from './images/push-image.js';
