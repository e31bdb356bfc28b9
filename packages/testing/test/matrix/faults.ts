import type { Point } from './points.js';

/** What goes wrong at a point. */
export const faults = [
  'plugin throws',
  'plugin hangs',
  'SIGINT',
  'SIGTERM',
  'kill -9',
  'engine killed',
  'engine unreachable',
] as const;

export type Fault = (typeof faults)[number];

/** What a run must come to. */
export interface Expectation {
  /** Exit status, or the name of the signal that ended the process. */
  readonly status: readonly (number | string)[];
  /** Code of the error in the result; `undefined` for a run that went well or has no result. */
  readonly codes: readonly (string | undefined)[];
  /** Whether the error must name the point's own phase. */
  readonly hasPhase: boolean;
}

const lost = ['DAEMON_LOST', 'DAEMON_UNREACHABLE', 'PULL_FAILED'];

/** What comes of a fault at a point: by the exit status of design §5. */
export function expectationOf({ name, phase }: Point, fault: Fault): Expectation {
  const isConfig = name === 'config';
  const isCleanup = phase === 'cleanup';
  switch (fault) {
    case 'SIGINT':
      return { status: [130], codes: ['CANCELLED'], hasPhase: true };
    case 'SIGTERM':
      return { status: [143], codes: ['CANCELLED'], hasPhase: true };
    case 'kill -9':
      // Before the config is read there is nothing of the run but the process.
      return { status: ['SIGKILL'], codes: [isConfig ? undefined : 'RUN_DIED'], hasPhase: !isConfig };
    case 'plugin throws':
      if (isCleanup) return { status: [0], codes: [undefined], hasPhase: false };
      return {
        status: [isConfig ? 2 : 5],
        codes: [isConfig ? 'CONFIG_ERROR' : 'PLUGIN_FAILED'],
        hasPhase: name !== 'endpoint',
      };
    case 'plugin hangs':
      if (isCleanup) return { status: [0], codes: [undefined], hasPhase: false };
      return { status: [124], codes: [isConfig ? 'TIMEOUT' : 'PLUGIN_TIMEOUT'], hasPhase: name !== 'endpoint' };
    case 'engine killed':
    case 'engine unreachable':
      if (isCleanup) return { status: [0], codes: [undefined], hasPhase: false };
      // The registry itself can still be asked for what it has.
      if (name === 'push verify') return { status: [0, 3], codes: [undefined, ...lost], hasPhase: false };
      return { status: [3], codes: lost, hasPhase: false };
  }
}
