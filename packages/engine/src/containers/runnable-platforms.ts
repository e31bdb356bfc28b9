import { workerPlatforms } from '@dock/buildkit';
import type { EngineDescription } from '@dock/core';
import { builderDoor } from '../build/builder-door.js';
import type { CallScope, EngineConnection } from '../transport/connection.js';

/** The engine's own platform first, then those that its BuildKit has a worker for; an engine without BuildKit has no more to say. */
export async function runnablePlatforms(
  connection: EngineConnection,
  { platform, hasBuildkit }: Pick<EngineDescription, 'platform' | 'hasBuildkit'>,
  { signal }: CallScope,
): Promise<readonly string[]> {
  const listed = hasBuildkit ? await workerPlatforms(builderDoor(connection), { signal }) : [];
  return [...new Set([platform, ...listed])];
}
