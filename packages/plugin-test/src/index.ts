export type { TestOptions } from './options.js';
export { test } from './test.js';
