import { eventTypes } from '../contracts/event.js';
import { hookNames } from '../contracts/phases.js';
import { errorCatalogue } from '../errors/catalogue.js';

/** The keys of events and results, as far as they are words that somebody may have for a password. */
const ownKeys: ReadonlySet<string> = new Set(
  (
    'v seq time run type runId status exitStatus runner publishedState startedAt durationMs source image names bases published unpublished unattested phases ' +
    'plugins warnings error logFile versions kind git contextDir url commit ref authorDate commitDate describe isDirty id store configDigest manifestDigest platforms ' +
    'platform reference registry repository tag digest isFloating isLocalOnly isPublishOnly name attempts confirmedBy isVerified unverifiedReason ' +
    'use text line takenFrom code message hint phase plugin hook tap value retryable cause details attached level stream step index total isCached ' +
    'layer current dock node engine engineApi'
  ).split(' '),
);

const outcomes = ['ok', 'failed', 'cancelled'];

/** Values from fixed lists, under the keys that have them. */
const ownValues: ReadonlyMap<string, ReadonlySet<string>> = new Map<string, ReadonlySet<string>>([
  ['type', new Set(eventTypes)],
  ['status', new Set(outcomes)],
  ['publishedState', new Set(['none', 'partial', 'complete'])],
  ['phase', new Set(['config', 'endpoint', ...hookNames])],
  ['hook', new Set(hookNames)],
  ['level', new Set(['debug', 'info', 'warn', 'error'])],
  ['stream', new Set(['stdout', 'stderr'])],
  ['code', new Set(errorCatalogue.map(({ code }) => code))],
  ['kind', new Set(['git', 'path', 'archive'])],
  ['store', new Set(['classic', 'containerd'])],
  ['confirmedBy', new Set(['engine', 'direct', 'push-stream'])],
  ['use', new Set(['from', 'copy-from', 'mount-from', 'syntax'])],
]);

/** Whether a key is one of dock's own: a password such as `registry` must not change the shape of a result, and the key tells nothing of it. */
export function isOwnKey(key: string): boolean {
  return ownKeys.has(key);
}

/** Whether a value is one that dock itself writes under this key. */
export function isOwnValue(key: string, value: string): boolean {
  return ownValues.get(key)?.has(value) === true;
}

/** Keys of results and events under which names of images stand, and their parts. */
const nameKeys: ReadonlySet<string> = new Set([
  'names',
  'unattested',
  'name',
  'reference',
  'registry',
  'repository',
  'tag',
]);

/** Whether a key of dock's own holds a name of an image. */
export function isNameKey(key: string): boolean {
  return nameKeys.has(key);
}
