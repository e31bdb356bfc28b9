export { pullBase } from './pull-base.js';
export type { PullBaseOptions, PullPolicy } from './pull-base-options.js';
