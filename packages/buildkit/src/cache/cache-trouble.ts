import type { EngineEvent } from '@dock/core';
import { warningEvent } from '@dock/core/internal';

/** Steps by which a builder reads and writes caches (moby/buildkit, `solver/llbsolver`, `cache/remotecache`). */
const importing = /^importing cache manifest from (.+)$/s;
const exporting = /^exporting cache to /;

const notThere =
  /not found|404|does not exist|(?:MANIFEST|NAME)_UNKNOWN|(?:manifest|name|repository) (?:name )?unknown/i;

/** Whether a step failed because its cache is not there: the first build of each has that. */
export function isAbsentCache(name: string, error: string): boolean {
  return importing.test(name) && notThere.test(error);
}

/** What is told of a step that failed in a build that came to its end all the same. */
export function goneWithout(name: string, error: string): EngineEvent {
  const from = importing.exec(name)?.[1];
  if (from !== undefined && notThere.test(error))
    return { type: 'log', level: 'info', message: `The cache "${from}" is not there yet.` };
  if (from !== undefined) return warningEvent(`The cache "${from}" cannot be read: ${error}`);
  if (exporting.test(name)) return warningEvent(`The cache was not written ("${name}"): ${error}`);
  return warningEvent(`"${name}" failed, and the builder went on without it: ${error}`);
}
