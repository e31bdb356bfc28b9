/** The parts behind the calls of `builders.ts`, loaded together with the first of them. */
export { createRemoteBuilder } from '../remote/create-remote-builder.js';
export { connectBuilder } from './connect-builder.js';
export { currentBuilder, currentBuilderName, describeBuilder, describeBuilders } from './describe-builder.js';
export { inspectNodes } from './inspect-nodes.js';
