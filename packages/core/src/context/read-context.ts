import { relative } from 'node:path';
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
  const fromContext = relative(contextDir, dockerfilePath);
  const isInside = fromContext !== '' && !fromContext.startsWith('../') && !fromContext.startsWith('/');
  const always = new Set(['.dockerignore', ...(isInside ? [fromContext] : [])]);
  const totals = new ContextTotals(request.limits);
  const entries: ContextEntry[] = [];
  const onLeftOut = (path: string) => totals.leaveOut(path);
  for await (const entry of walkContext({ contextDir, matcher: ignore?.matcher, always, onLeftOut, signal })) {
    totals.add(entry);
    if (!totals.isOver) entries.push(entry);
  }
  totals.check();
  const { dockerfileName } = addDockerfile(entries, {
    contextDir,
    dockerfilePath,
    dockerfileText,
    fromContext: isInside ? fromContext : undefined,
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
