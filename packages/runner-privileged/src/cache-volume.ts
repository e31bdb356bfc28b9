import type { ProfiledContainer } from '@dock/build-container';
import { DockError } from '@dock/core';
import { labelNames, type VolumeRequest } from '@dock/engine';

/** The volume of a cache. It belongs to no run, so nothing removes it with one. */
export function cacheVolume(cache: string): VolumeRequest {
  return { name: `dock-cache-${cache}`, role: 'cache' };
}

/**
 * Make sure that a container is the only user of its cache. Each run asks after it has created its container, so of two that begin at once at least one sees the
 * other; the older one keeps the cache.
 *
 * @throws CACHE_IN_USE
 */
export async function claimCache(cache: string, { id, host, run }: ProfiledContainer): Promise<void> {
  const [oldest] = await host.containers.usersOfVolume(cacheVolume(cache).name, { signal: run.signal });
  if (oldest === undefined || oldest.id === id) return;
  const owner = oldest.labels[labelNames.run];
  const who = owner === undefined ? `the container "${oldest.id.slice(0, 12)}"` : `the run "${owner}"`;
  throw new DockError('CACHE_IN_USE', `The cache "${cache}" is used by ${who}.`, {
    details: { container: oldest.id },
    hint: 'Wait until it is over, or name another cache; of a run that was killed, "dock gc" removes the container.',
  });
}
