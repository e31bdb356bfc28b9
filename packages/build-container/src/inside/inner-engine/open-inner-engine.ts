import type { WarningDocument } from '@dock/core';
import type { InsideEngine } from '../../protocol.js';
import { type InnerEngine, type InnerEngineSurroundings, startInnerEngine } from './start-inner-engine.js';

/** An engine that is on its way. */
export interface OpenedInnerEngine {
  /** Rejects with why it does not come up. */
  readonly ready: Promise<InnerEngine>;
  /** End it, however far it has come. @param isHasty whether the run was cancelled: its host waits */
  stop(isHasty: boolean): Promise<void>;
}

/** How {@link openInnerEngine} is surrounded. */
export interface OpenedSurroundings extends Omit<InnerEngineSurroundings, 'warn'> {
  readonly warn: (warning: WarningDocument) => void;
}

/** Start the engine of a job that has one of its own; an end that nobody asked for is a warning with the last lines of its log. */
export function openInnerEngine(
  settings: InsideEngine,
  { warn, ...surroundings }: OpenedSurroundings,
): OpenedInnerEngine | undefined {
  if (settings.kind !== 'inner') return undefined;
  let isStopping = false;
  const ready = startInnerEngine(settings, { ...surroundings, warn: (message) => warn({ message }) });
  ready.then(
    async (engine) => {
      const how = await engine.ended;
      if (isStopping) return;
      warn({
        code: 'INNER_DAEMON_FAILED',
        message: `The engine inside ended with ${how} in the middle of the run.`,
        hint: `Its last lines:\n${engine.lastLines().join('\n')}`,
      });
    },
    // Told to whoever connects.
    () => undefined,
  );
  return {
    ready,
    stop: async (isHasty) => {
      isStopping = true;
      const engine = await ready.catch(() => undefined);
      await engine?.stop(isHasty ? 1000 : undefined);
    },
  };
}
