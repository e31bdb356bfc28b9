import { setTimeout as wait } from 'node:timers/promises';
import {
  type EngineImage,
  type DockError,
  type EnginePort,
  type ErrorCode,
  type ImageReference,
  isDockError,
  type ManifestDescription,
} from '@dock/core';
import { contentVerdict } from './confirm-push.js';

/** How long a registry is asked what came of a push that was cut off, ms: less than a cancelled tap has to stop. */
const lookMs = 2500;
/** Wait before a registry that has nothing is asked again, ms. */
const againMs = 500;

/** After these nobody has heard whether the registry took the manifest. */
const cuts: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'CANCELLED',
  'TIMEOUT',
  'PUSH_TIMEOUT',
  'DAEMON_LOST',
  'DAEMON_PROTOCOL',
  'DAEMON_UNREACHABLE',
]);

/** Whether a push that ended so may have arrived all the same. */
export function isCut({ code }: DockError): boolean {
  return cuts.has(code);
}

/** What the registry holds after a push that was cut off: the built image, something else or nothing, or nobody can say. */
export type CutOutcome = { readonly manifest: ManifestDescription } | 'absent' | 'unknown';

/** Ask the registry what came of a push that was cut off, outside of what cut it. Never rejects. */
export async function lookAfterCut(
  engine: EnginePort,
  reference: ImageReference,
  image: EngineImage,
): Promise<CutOutcome> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), lookMs);
  try {
    const look = () => engine.findManifest(reference, { signal: limit.signal, withConfig: true });
    // A manifest that was under way may be there a moment later.
    const manifest = (await look()) ?? (await wait(againMs, undefined, { signal: limit.signal }).then(look));
    if (manifest === undefined) return 'absent';
    const verdict = manifest.digest === image.manifestDigest ? 'built' : contentVerdict(manifest, image);
    if (verdict === 'built') return { manifest };
    return verdict === 'other' ? 'absent' : 'unknown';
  } catch (error) {
    if (limit.signal.aborted || isDockError(error)) return 'unknown';
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
