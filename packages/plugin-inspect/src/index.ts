export type { LayerInspection } from './align-layers.js';
export { formatInspection, formatSize } from './format-inspection.js';
export { inspect, type InspectOptions } from './inspect.js';
export type { BaseInspection, ImageInspection, Inspection } from './inspection.js';
