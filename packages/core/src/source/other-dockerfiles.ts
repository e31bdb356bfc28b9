import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Checkout } from '../contracts/checkout.js';
import { catalogueRow } from '../errors/catalogue.js';
import { DockError, isDockError } from '../errors/dock-error.js';

/** Directories that are looked into: a hint is not worth more. */
const directoryLimit = 500;

/** How deep. */
const depthLimit = 4;

/** Files that are named. */
const namedLimit = 3;

/**
 * The error for a Dockerfile that is not where it is looked for, with where there are some. Links are not followed, hidden directories and `node_modules` not looked into.
 *
 * @returns any other error as it is
 */
export async function withOtherDockerfiles(
  error: unknown,
  { directory, contextDir, git, kind }: Pick<Checkout, 'kind' | 'directory' | 'contextDir' | 'git'>,
): Promise<unknown> {
  // One that has a hint of its own has found something nearer.
  if (!isDockError(error) || error.hint !== catalogueRow('DOCKERFILE_NOT_FOUND').hint) return error;
  const found = await findDockerfiles(contextDir);
  const [first] = found;
  if (first === undefined) return error;
  const context = first.slice(0, first.lastIndexOf('/'));
  const names = found.slice(0, namedLimit).map((path) => JSON.stringify(path));
  const url = git?.url ?? 'URL';
  const build =
    kind === 'git'
      ? `build ${url}#${git?.ref ?? ''}:${join(relative(directory, contextDir), context)}`
      : `build the directory ${JSON.stringify(context)}`;
  const name = 'name the file with --file.';
  return new DockError(error.code, error.message, {
    hint: `There is ${names.join(', ')}: ${kind === 'archive' ? name : `${build}, or ${name}`}`,
    cause: error.cause,
  });
}

/** Paths below a directory, the nearest first. */
async function findDockerfiles(root: string): Promise<readonly string[]> {
  const found: string[] = [];
  let level: readonly string[] = [''];
  let looked = 0;
  for (let depth = 0; depth <= depthLimit && level.length > 0 && found.length === 0; depth += 1) {
    const next: string[] = [];
    for (const directory of level) {
      looked += 1;
      if (looked > directoryLimit) return found;
      // One that cannot be read has nothing to offer.
      const entries = await readdir(join(root, directory), { withFileTypes: true }).catch(() => []);
      for (const entry of entries.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
        const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
        if (entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules') next.push(path);
        else if (entry.isFile() && directory !== '' && /^(?:docker|container)file$/i.test(entry.name)) found.push(path);
      }
    }
    level = next;
  }
  return found;
}
