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
const cutLookMs = 2500;
/** How long it is asked while the push goes on, ms. */
const lookMs = 12_000;
/** Wait before a registry that has nothing, or gave no answer, is asked again, ms. */
const againMs = 500;
/** Looks after a push without a good word. */
const looks = 4;

/** After these nobody has heard whether the registry took the manifest. */
const cuts: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'CANCELLED',
  'TIMEOUT',
  'PUSH_TIMEOUT',
  'DAEMON_LOST',
  'DAEMON_PROTOCOL',
  'DAEMON_UNREACHABLE',
]);

/** Whether a push that ended so was cut off, as opposed to refused or answered with a failure. */
export function isCut({ code }: DockError): boolean {
  return cuts.has(code);
}

/** What the registry holds after a push that did not end well: the built image, something else or nothing, or nobody can say. */
export type AfterPush = { readonly manifest: ManifestDescription } | 'absent' | 'unknown';

/**
 * Ask the registry what came of a push that did not end well: an answer can be lost, and a tag that may not move can hold this very image.
 * Never rejects.
 *
 * @param signal ends it; without one the push itself was cut off, and the registry is asked outside of what cut it, briefly
 */
export async function lookAfterPush(
  engine: EnginePort,
  reference: ImageReference,
  image: EngineImage,
  signal?: AbortSignal,
): Promise<AfterPush> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), signal === undefined ? cutLookMs : lookMs);
  const both = signal === undefined ? limit.signal : AbortSignal.any([limit.signal, signal]);
  let outcome: AfterPush = 'unknown';
  try {
    for (let look = 1; look <= (signal === undefined ? 2 : looks); look += 1) {
      if (look > 1) await wait(againMs, undefined, { signal: both });
      outcome = await lookOnce(engine, reference, image, both);
      // A manifest that was under way may be there a moment later, and a busy registry may answer then; who is cut off has no time for that.
      const isLast = look > 1 ? outcome === 'absent' : outcome === 'unknown' && signal === undefined;
      if (typeof outcome === 'object' || isLast) return outcome;
    }
    return outcome;
  } catch (error) {
    if (both.aborted) return outcome;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function lookOnce(
  engine: EnginePort,
  reference: ImageReference,
  image: EngineImage,
  signal: AbortSignal,
): Promise<AfterPush> {
  const { configDigest, manifestDigest } = image;
  const expected = { configDigest, ...(manifestDigest === undefined ? {} : { digest: manifestDigest }) };
  try {
    const manifest = await engine.findManifest(reference, { signal, withConfig: true, expected });
    if (manifest === undefined) return 'absent';
    const verdict = manifest.digest === manifestDigest ? 'built' : contentVerdict(manifest, image);
    if (verdict === 'built') return { manifest };
    return verdict === 'other' ? 'absent' : 'unknown';
  } catch (error) {
    if (signal.aborted || isDockError(error)) return 'unknown';
    throw error;
  }
}
