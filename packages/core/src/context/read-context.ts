import { realpathSync, statSync } from 'node:fs';
import { relative } from 'node:path';
import { isInside } from '../source/resolve-inside.js';
import { addDockerfile } from './add-dockerfile.js';
import type { BuildContext, ContextEntry, ContextRequest } from './context-entry.js';
import { ContextTotals } from './context-totals.js';
import { findIgnoreFile } from './ignore-file.js';
import { walkContext } from './walk-context.js';

/**
 * What the classic builder is sent: everything that `.dockerignore` leaves, plus the Dockerfile and `.dockerignore` themselves, which the engine needs.
 * All of it is listed before a byte travels, so a fault of the context ends the build before the upload.
 *
 * @throws CONTEXT_ERROR, CONTEXT_TOO_LARGE, DOCKERIGNORE_INVALID
 */
export async function readContext(request: ContextRequest): Promise<BuildContext> {
  const { contextDir, dockerfilePath, dockerfileText, signal } = request;
  const ignore = findIgnoreFile(contextDir, dockerfilePath);
  const fromContext = placeInContext(contextDir, dockerfilePath);
  const always = new Set(['.dockerignore', ...(fromContext === undefined ? [] : [fromContext])]);
  const totals = new ContextTotals(request.limits);
  const entries: ContextEntry[] = [];
  const onLeftOut = (path: string) => totals.leaveOut(path);
  const walk = { contextDir, matcher: ignore?.matcher, always, omitsParents: true, onLeftOut, signal };
  for await (const entry of walkContext(walk)) {
    totals.add(entry);
    if (!totals.isOver) entries.push(entry);
  }
  totals.check();
  const { dockerfileName } = addDockerfile(entries, {
    contextDir,
    dockerfilePath,
    dockerfileText,
    fromContext,
    ignore,
  });
  return {
    contextDir,
    entries,
    dockerfileName,
    bytes: totals.bytes,
    ...(ignore === undefined ? {} : { ignoreFile: relative(contextDir, ignore.path) }),
    warnings: totals.warnings(),
  };
}

/** Where the Dockerfile lies in the context, after its links, as docker/cli takes it; `undefined` for one from elsewhere and for one that is no file. */
function placeInContext(contextDir: string, dockerfilePath: string): string | undefined {
  if (statSync(dockerfilePath, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
  const root = realpathSync(contextDir);
  const path = realpathSync(dockerfilePath);
  return isInside(root, path) ? relative(root, path) : undefined;
}
