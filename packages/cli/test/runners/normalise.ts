import type { BuildResult, DockEvent } from '@dock/core';

/** What differs between two runs of one build whatever the runner: times, durations, IDs, and what was in a cache. */
function plain(text: string): string {
  return (
    text
      .replaceAll(/sha256:[0-9a-f]{64}/g, 'sha256:…')
      .replaceAll(/\b[0-9a-f]{64}\b/g, '…')
      .replaceAll(/\d{8}t\d{6}-[0-9a-f]{8}/g, 'RUN')
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g, 'TIME')
      .replaceAll(/ in \d+ ms\b/g, ' in 0 ms')
      .replaceAll(/"durationMs":\d+/g, '"durationMs":0')
      .replaceAll(/"isCached":(?:true|false)/g, '"isCached":null')
      // The line that names the runner is as long as its name.
      .replaceAll(/(dock\.config\.ts:\d+):\d+/g, '$1:COLUMN')
  );
}

/** Below the plugin's own line a stack has dock's files, which lie elsewhere in a container. */
const ownPlace = (key: string, value: unknown): unknown =>
  key === 'stack' && Array.isArray(value) ? value.slice(0, 1) : value;

const asPlain = (value: unknown): unknown => JSON.parse(plain(JSON.stringify(value, ownPlace)));

/** A stream of events as it must be for every runner: steps by themselves, because a builder runs some of them at once. */
export function normaliseEvents(events: readonly DockEvent[]): { readonly events: unknown; readonly steps: unknown } {
  const isStep = (event: DockEvent) => event.type.startsWith('step.');
  const isProgress = (event: DockEvent) => event.type.endsWith('.progress');
  const names = new Map(events.flatMap((event) => (event.type === 'step.start' ? [[event.step, event.name]] : [])));
  const steps = events
    .filter((event) => isStep(event) && !isProgress(event))
    .map((event) => {
      const { seq: _seq, ...rest } = event as Extract<DockEvent, { type: 'step.log' }>;
      return { ...rest, step: names.get(rest.step) };
    });
  return {
    events: events
      .filter((event) => !isStep(event) && !isProgress(event))
      .map(({ seq: _seq, ...event }) =>
        asPlain(event.type === 'run.start' ? { ...event, runner: 'RUNNER', versions: {} } : event),
      ),
    // BuildKit does a step in one part or in several, as it comes.
    steps: [...new Set(steps.map((step) => plain(JSON.stringify(step))))].toSorted(),
  };
}

/** The containerd store counts an image's layers as compressed, and those hold the times of their files. */
function withoutImageSize(_key: string, value: unknown): unknown {
  const isDetails = typeof value === 'object' && value !== null && 'workingDir' in value && 'size' in value;
  return isDetails ? { ...value, size: 'SIZE' } : value;
}

/** A result as it must be for every runner. */
export function normaliseResult(result: BuildResult): unknown {
  const { logFile: _logFile, versions, ...rest } = result;
  const normal = asPlain({ ...rest, runner: 'RUNNER', versions: Object.keys(versions).toSorted() });
  return result.image?.store === 'containerd' ? JSON.parse(JSON.stringify(normal, withoutImageSize)) : normal;
}
