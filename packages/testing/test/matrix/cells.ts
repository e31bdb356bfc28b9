import { type Fault, faults } from './faults.js';
import { type Point, points } from './points.js';

/** The runners that the matrix is run with. */
export const runners = ['here'] as const;

/** One run of the matrix. */
export interface Cell {
  readonly runner: (typeof runners)[number];
  readonly point: Point;
  readonly fault: Fault;
}

/** Every point with every fault, for each runner. */
export function allCells(): Cell[] {
  return runners.flatMap((runner) =>
    points.flatMap((point) => faults.map((fault): Cell => ({ runner, point, fault }))),
  );
}

/** One fault per point, every fault at least once; each runner begins with another fault. SIGINT at each point is a case of its own. */
export function pairwiseCells(): Cell[] {
  const others = faults.filter((fault) => fault !== 'SIGINT' && fault !== 'plugin hangs');
  return runners.flatMap((runner, shift) =>
    points.map((point, index): Cell => {
      const fault = point.name === 'postbuild' ? 'plugin hangs' : others[(index + shift) % others.length];
      return { runner, point, fault: fault ?? 'SIGTERM' };
    }),
  );
}
