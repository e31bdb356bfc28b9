export { privileged, type PrivilegedOptions } from './privileged.js';
