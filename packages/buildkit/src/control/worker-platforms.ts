import { canonicalPlatform } from '@dock/core/internal';
import type { WorkerRecord } from '../wire/control_pb.js';
import type { BuilderDoor } from './builder-door.js';
import type { ControlScope } from './control-client.js';
import { withControl } from './open-control.js';

/** Platforms of workers, `os/arch[/variant]`: their machine's own first, then those that it emulates. */
export function platformsOf(workers: readonly Pick<WorkerRecord, 'platforms'>[]): readonly string[] {
  const all = workers.flatMap(({ platforms }) =>
    platforms.map(({ os, architecture, variant }) =>
      [os, architecture, variant].filter((part) => part !== '').join('/'),
    ),
  );
  return [...new Set(all.map((each) => canonicalPlatform(each) ?? each))];
}

/** Ask a builder for which platforms it has workers. */
export async function workerPlatforms(door: BuilderDoor, scope: ControlScope = {}): Promise<readonly string[]> {
  return withControl(door, scope, async ({ control }) => platformsOf(await control.listWorkers(scope)));
}
