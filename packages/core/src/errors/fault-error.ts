import { fileURLToPath } from 'node:url';
import { DockError } from './dock-error.js';
import { thrownMessage } from './thrown-message.js';

/** Lines of a stack that go into the result and its log. */
const stackLines = 20;

/** Where this file lies: in the packages of the repository, or among the parts of a job inside a build container. The command line has it in its script. */
const here = fileURLToPath(import.meta.url);
const ownPackages = /^(.*\/packages\/)(?:core|cli)\/(?:src|dist)\//.exec(here)?.[1];
const ownParts = /^(.*\/bundle\/dock\/)[^/]*$/.exec(here)?.[1];

/** What nothing caught, as the error of a run. Whose doing it is can be told by its stack alone: that is in the details, and its first place outside of dock in the message. */
export function faultError(fault: unknown): DockError {
  const { stack, place } = faultPlace(fault);
  return new DockError(
    'INTERNAL',
    `Nothing caught this${place === undefined ? '' : `, thrown at "${place}"`}: ${thrownMessage(fault)}`,
    {
      cause: fault,
      ...(place === undefined ? {} : { hint: 'Catch it there: await each promise. The log has the stack.' }),
      ...(stack.length === 0 ? {} : { details: { stack } }),
    },
  );
}

/** The stack of what was thrown, and in it the first place that is neither Node's nor dock's. */
export function faultPlace(fault: unknown): { readonly stack: readonly string[]; readonly place: string | undefined } {
  const stack = stackOf(fault);
  return { stack, place: stack.map(placeOf).find((each) => each !== undefined) };
}

function stackOf(fault: unknown): string[] {
  try {
    const { stack } = (fault ?? {}) as { readonly stack?: unknown };
    if (typeof stack !== 'string') return [];
    const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
    return frames.slice(0, stackLines).map((line) => line.trim());
  } catch {
    // A proxy that answers to nothing has no stack.
    return [];
  }
}

/** The place of a frame, `file:line:column`, if that is neither Node's nor dock's. */
function placeOf(frame: string): string | undefined {
  const match = /(?:\(|\s)((?:file:\/\/)?\/[^()]*:\d+:\d+)\)?$/.exec(frame)?.[1];
  if (match === undefined) return undefined;
  const place = match.startsWith('file://') ? decodeURI(match.slice('file://'.length)) : match;
  return isOwn(place) ? undefined : place;
}

function isOwn(place: string): boolean {
  if (place.includes('/node_modules/@dock/')) return true;
  if (ownParts !== undefined && place.startsWith(ownParts)) return true;
  return (
    ownPackages !== undefined &&
    place.startsWith(ownPackages) &&
    /^[^/]+\/(?:src|dist|bin)\//.test(place.slice(ownPackages.length))
  );
}
