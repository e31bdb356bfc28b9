export { test } from './test.js';
export type { TestOptions } from './test-options.js';
