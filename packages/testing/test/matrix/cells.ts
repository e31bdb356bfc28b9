import { type Fault, faults } from './faults.js';
import { type Point, pointNamed, points } from './points.js';
import { containerRunners, type RunnerName, runners } from './runners.js';

/** One run of the matrix. */
export interface Cell {
  readonly runner: RunnerName;
  readonly point: Point;
  readonly fault: Fault;
}

/** Every point with every fault that can happen there, for each runner. */
export function allCells(): Cell[] {
  return runners.flatMap((runner) =>
    points.flatMap((point) => faults.map((fault): Cell => ({ runner, point, fault })).filter(isPossible)),
  );
}

/** Only what is there can be killed: there is no build container before the source is taken. */
function isPossible({ runner, point, fault }: Cell): boolean {
  const hasContainer = containerRunners[runner] !== undefined && point.name !== 'config' && point.name !== 'endpoint';
  if (fault === 'kill -9 container') return hasContainer;
  if (fault === 'kill -9 inner engine') return hasContainer && runner === 'privileged';
  return true;
}

/** A part that is quick: each point, each fault, and each runner with the faults that are its own. SIGINT at each point, here, is a case of its own. */
export function fewCells(): Cell[] {
  return few.map(([point, fault, runner]) => ({ point: pointNamed(point), fault, runner }));
}

const few: readonly (readonly [point: string, fault: Fault, runner: RunnerName])[] = [
  ['config', 'plugin throws', 'here'],
  ['endpoint', 'engine unreachable', 'here'],
  ['source', 'SIGTERM', 'host-docker'],
  ['prebuild', 'kill -9 container', 'host-docker'],
  ['base pull', 'kill -9 inner engine', 'privileged'],
  ['context upload', 'engine killed', 'here'],
  ['context upload', 'SIGINT', 'host-docker'],
  ['build step', 'kill -9', 'privileged'],
  ['prepublish', 'kill -9', 'host-docker'],
  ['postbuild', 'plugin hangs', 'privileged'],
  ['push transfer', 'kill -9 container', 'host-docker'],
  ['push transfer', 'SIGTERM', 'privileged'],
  ['push verify', 'kill -9', 'here'],
  ['cleanup', 'plugin throws', 'privileged'],
];
