export { push } from './push.js';
export type { PushOptions } from './push-options.js';
export { publishReferences, type PublishScope } from './publish-references.js';
export type { PublishFailure, PublishOutcome } from './publish-reference.js';
