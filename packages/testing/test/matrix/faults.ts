import type { Cell } from './cells.js';

/** What goes wrong at a point. */
export const faults = [
  'plugin throws',
  'plugin hangs',
  'SIGINT',
  'SIGTERM',
  'kill -9',
  'kill -9 container',
  'kill -9 inner engine',
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
const fine: Expectation = { status: [0], codes: [undefined], hasPhase: false };
/** The registry itself can still be asked for what it has. */
const perhapsVerified: Expectation = { status: [0, 3], codes: [undefined, ...lost], hasPhase: false };

/** What comes of a fault at a point: by the exit status of design §5. */
export function expectationOf({ point: { name, phase }, fault, runner }: Cell): Expectation {
  const isConfig = name === 'config';
  const isCleanup = phase === 'cleanup';
  switch (fault) {
    case 'SIGINT':
      return { status: [130], codes: ['CANCELLED'], hasPhase: true };
    case 'SIGTERM':
      return { status: [143], codes: ['CANCELLED'], hasPhase: true };
    case 'kill -9':
      // Before the config is read there is nothing of the run but the process; and phases of a build container are known once it says so.
      return {
        status: ['SIGKILL'],
        codes: [isConfig ? undefined : 'RUN_DIED'],
        hasPhase: !isConfig && (runner === 'here' || name !== 'endpoint'),
      };
    case 'kill -9 container':
      return { status: [3], codes: ['BUILD_CONTAINER_KILLED'], hasPhase: true };
    case 'plugin throws':
      if (isCleanup) return fine;
      return {
        status: [isConfig ? 2 : 5],
        codes: [isConfig ? 'CONFIG_ERROR' : 'PLUGIN_FAILED'],
        hasPhase: name !== 'endpoint',
      };
    case 'plugin hangs':
      if (isCleanup) return fine;
      return { status: [124], codes: [isConfig ? 'TIMEOUT' : 'PLUGIN_TIMEOUT'], hasPhase: name !== 'endpoint' };
    case 'kill -9 inner engine':
      if (isCleanup) return fine;
      if (name === 'push verify') return perhapsVerified;
      return { status: [3], codes: lost, hasPhase: false };
    case 'engine killed':
    case 'engine unreachable':
      // What a build container came to is read through the engine: until then nothing is proven.
      if (runner === 'here' && isCleanup) return fine;
      if (runner === 'here' && name === 'push verify') return perhapsVerified;
      return { status: [3], codes: lost, hasPhase: false };
  }
}
