import type { EngineEvent } from '@dock/core';

/**
 * Watches the events of one push for data that moves: a layer that has come further than before. Words, and bytes that an engine sends again by
 * itself, are none.
 */
export function watchMovement(onMoved: () => void): (event: EngineEvent) => void {
  const furthest = new Map<string, number>();
  return (event) => {
    if (event.type !== 'push.progress' || event.current === undefined) return;
    const layer = event.layer ?? '';
    if (event.current <= (furthest.get(layer) ?? 0)) return;
    furthest.set(layer, event.current);
    onMoved();
  };
}
