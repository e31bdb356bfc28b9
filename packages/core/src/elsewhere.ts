/** For runners whose pipeline runs in another process, as `@dock/core/elsewhere`: loaded by nobody else. */
export { readEvent } from './events/event-schema.js';
export { readResult } from './run/result-schema.js';
export { readStateLine } from './run/state-line-schema.js';
export { runElsewhere, type ElsewhereRun } from './run/run-elsewhere.js';
