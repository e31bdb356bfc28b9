import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { DockError } from '@dock/core';
import { type NamedContext, namedContexts, quotePath } from '@dock/core/internal';

/** Named contexts on their way to a builder. */
export interface OfferedContexts {
  /** What the frontend is told of each, by its name (moby/buildkit, `frontend/dockerui`). */
  readonly told: Readonly<Record<string, string>>;
  /** Directories that the session serves, by the name that the builder asks for. */
  readonly directories: ReadonlyMap<string, string>;
}

/**
 * Make named contexts ready: what is on this machine is served by the session, the rest the builder fetches itself.
 *
 * @throws CONTEXT_ERROR for a directory that is none
 */
export function offerContexts(contexts: Readonly<Record<string, string>> = {}): OfferedContexts {
  const directories = new Map<string, string>();
  const told = [...namedContexts(contexts)].map(([name, context]): [string, string] => {
    if (context.kind !== 'directory') return [name, contexts[name] ?? ''];
    checkDirectory(name, context);
    const local = localName(name, context.directory);
    directories.set(local, context.directory);
    return [name, `local:${local}`];
  });
  return { told: Object.fromEntries(told), directories };
}

function checkDirectory(name: string, { directory }: Extract<NamedContext, { kind: 'directory' }>): void {
  const found = statSync(directory, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return;
  throw new DockError(
    'CONTEXT_ERROR',
    `${quotePath(directory)} of the context "${name}" ${found === undefined ? 'does not exist' : 'is not a directory'}.`,
    { hint: 'Name a directory, or docker-image:// with an image.', details: { context: name, path: directory } },
  );
}

/**
 * The name under which the builder asks for a directory. What it kept of one under some name it takes for what is the same in size and time, so each directory has
 * a name of its own.
 */
function localName(name: string, directory: string): string {
  return `${name.replaceAll(/[^\w.-]/g, '_')}-${createHash('sha256').update(directory).digest('hex').slice(0, 12)}`;
}
