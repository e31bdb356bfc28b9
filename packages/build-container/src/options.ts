/** For the factories of container runners, as `@dock/build-container/options`: checking options loads nothing else. */
export { buildContainerFields, type BuildContainerOptions } from './host/runner-options.js';
