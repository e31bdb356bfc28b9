import type { JsonValue } from '../contracts/result.js';
import { plainCopy } from '../hooks/plain-value.js';

/** Bytes that a plugin may report. */
const reportLimit = 1024 * 1024;

/** What a plugin reports, as the result keeps it. @throws PLUGIN_FAILED for what is no plain JSON, or more than 1 MiB */
export function reportCopy(plugin: string, value: JsonValue): JsonValue {
  return plainCopy(value, `The report of plugin "${plugin}"`, reportLimit) as JsonValue;
}
