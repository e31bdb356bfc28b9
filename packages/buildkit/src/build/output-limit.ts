import type { EngineEvent } from '@dock/core';
import { type BuildStep, warningEvent, wholeStepLogs } from '@dock/core/internal';

/** What BuildKit writes where it leaves output of a step out (`util/progress/logs`): a line of its own, with `2MiB` for all or `200KiB/s`. */
const clipped = /(?:^|\n)\[output clipped, log limit ([^\]\n]{1,32}) reached\]\n/;

/** The limit at which the engine left output of a step out, when it notes that here. */
export function outputLimitOf(text: string): string | undefined {
  return clipped.exec(text)?.[1];
}

const settings = Object.entries(wholeStepLogs)
  .map(([name, value]) => `${name}=${value}`)
  .join(' and ');

/** Says that output is missing, which nobody can bring back: the engine never sent it. */
export function outputCutWarning({ name }: BuildStep, limit: string): EngineEvent {
  return warningEvent(
    `the engine left out output of "${name}": its log limit of ${limit} is reached`,
    `What is left out is in no log. The classic builder (--builder classic) sends everything; BuildKit does with ${settings} in the environment of the engine, from Engine 23 on.`,
  );
}
