import { type Stats, statSync } from 'node:fs';

/** What is there under a name that a user wrote: nothing, too, where the system takes no such name, or lets nobody look. */
export function statPath(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
