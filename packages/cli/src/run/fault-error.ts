import { fileURLToPath } from 'node:url';
import { DockError, thrownMessage } from '@dock/core';

/** Lines of a stack that go into the result and its log. */
const stackLines = 20;

/** Where dock's own packages are, in its repository and where it is installed. */
const ownPlaces = [fileURLToPath(new URL('../../..', import.meta.url)), '/node_modules/@dock/'];

/** What nothing caught, as the error of a run. Whose doing it is can be told by its stack alone: that is in the details, and its first place outside of dock in the message. */
export function faultError(fault: unknown): DockError {
  const stack = stackOf(fault);
  const place = stack.map(placeOf).find((each) => each !== undefined);
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
  return ownPlaces.some((own) => place.includes(own)) ? undefined : place;
}
