export type { PullBaseOptions } from './options.js';
export { pullBase } from './pull-base.js';
