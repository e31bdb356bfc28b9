/** What runs inside a build container, as `@dock/build-container/inside`. */
export { runInside, type InsideRun } from './inside/run-inside.js';
