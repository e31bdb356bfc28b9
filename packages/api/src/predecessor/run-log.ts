import type { DockEvent } from '@dock/core';

/** What a run said, as the predecessor kept it: lines of text. */
export interface RunLog {
  readonly lines: readonly string[];
  readonly onEvent: (event: DockEvent) => void;
}

/** Lines that are kept. */
const kept = 10_000;

/** Collects the lines of builds, pulls and pushes from the event stream; the last 10,000 are kept. */
export function createRunLog(also?: (event: DockEvent) => void): RunLog {
  const lines: string[] = [];
  return {
    lines,
    onEvent: (event) => {
      lines.push(...linesOf(event));
      lines.splice(0, Math.max(0, lines.length - kept));
      also?.(event);
    },
  };
}

function linesOf(event: DockEvent): string[] {
  switch (event.type) {
    case 'step.start':
      return [event.name];
    case 'step.log':
      return event.text.split(/\r\n|[\r\n]/).filter((line) => line !== '');
    case 'step.end':
      return event.message === undefined ? [] : [event.message];
    case 'pull.progress':
    case 'push.progress':
      return event.current === undefined ? [`${event.reference}: ${event.status}`] : [];
    case 'log':
    case 'warning':
      return [event.message];
    default:
      return [];
  }
}
