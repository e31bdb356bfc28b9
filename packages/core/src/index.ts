export * from './errors/catalogue.js';
export * from './errors/dock-error.js';
export * from './contracts/phases.js';
