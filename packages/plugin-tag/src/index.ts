export type { TagOptions } from './options.js';
export { tag } from './tag.js';
