import { DockError, familiarImageReference, isDockError, isSameImage } from '@dock/core';
import type { FoundBase } from './find-base.js';
import type { FindScope } from './find-scope.js';
import { byDigest } from './local-image.js';
import type { BaseSource } from './registry-rules.js';

/** Deadline of one look-up, ms. */
const lookUpMs = 30_000;

/**
 * Which image a base is where no engine builds: the builder takes it from its registry, which is asked for the digest. Nothing is pulled.
 *
 * @returns `undefined` where nobody says so and the builder may find it by its own name
 * @throws IMAGE_NOT_FOUND, AUTH_FAILED, REGISTRY_UNREACHABLE, REGISTRY_ERROR
 */
export async function findInRegistry(
  { base, candidates }: BaseSource,
  { context, options, signal }: FindScope,
): Promise<FoundBase | undefined> {
  if (options.policy === 'never') return undefined;
  for (const candidate of candidates) {
    try {
      const digest =
        candidate.digest ?? (await context.registry.resolve(candidate, { signal, timeoutMs: lookUpMs }))?.digest;
      if (digest === undefined) continue;
      const found = { id: digest, digest, isLocalOnly: false, origin: 'registry', takenFrom: candidate } as const;
      return { ...found, pin: byDigest(candidate, digest), onBuild: [] };
    } catch (error) {
      const isAway = isDockError(error) && error.code === 'REGISTRY_UNREACHABLE';
      if (signal.aborted || !isAway || !isSameImage(candidate, base.reference)) throw error;
      context.warn(
        `Base image "${base.text}" is not pinned: its registry cannot be reached from here, and the builder asks it by itself. ${error.message}`,
        { code: error.code },
      );
      return undefined;
    }
  }
  const names = candidates.map((candidate) => `"${familiarImageReference(candidate)}"`);
  throw new DockError(
    'IMAGE_NOT_FOUND',
    `Base image ${names.join(' or ')} of line ${base.line} is not in its registry, and the builder has no other images.`,
    { hint: 'Check the name and tag, or push the image first.', details: { image: base.text, line: base.line } },
  );
}
