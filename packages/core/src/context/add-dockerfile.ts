import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContextEntry } from './context-entry.js';
import { parseDockerignore } from './dockerignore.js';
import { readIgnoreText, type IgnoreFile } from './ignore-file.js';
import { createPatternMatcher } from './pattern-matcher.js';

/** What decides how the Dockerfile travels. */
export interface DockerfilePlace {
  readonly contextDir: string;
  readonly dockerfilePath: string;
  readonly dockerfileText: string;
  /** Its path in the context; absent when it lies outside. */
  readonly fromContext: string | undefined;
  readonly ignore: IgnoreFile | undefined;
}

/**
 * Put the Dockerfile into the list. A text that is the file's own travels as the file; any other text travels beside it as `.dockerfile.<hash>`, so that
 * `COPY . .` still copies the user's file.
 *
 * The classic engine removes the Dockerfile and `.dockerignore` from the context when the `.dockerignore` that it was sent matches them. So that file is
 * completed where it would not hide just what our patterns hide, as docker/cli does for a Dockerfile from standard input.
 */
export function addDockerfile(entries: ContextEntry[], place: DockerfilePlace): { dockerfileName: string } {
  const { contextDir, fromContext, ignore } = place;
  const text = Buffer.from(place.dockerfileText);
  const isFile =
    fromContext !== undefined &&
    entries.some((entry) => entry.path === fromContext && entry.kind === 'file') &&
    readFileSync(place.dockerfilePath).equals(text);
  const dockerfileName = isFile
    ? fromContext
    : `.dockerfile.${createHash('sha256').update(text).digest('hex').slice(0, 20)}`;
  if (!isFile) {
    if (fromContext !== undefined && ignore?.matcher.matches(fromContext) === true) remove(entries, fromContext);
    insert(entries, { path: dockerfileName, kind: 'file', mode: 0o600, size: text.length, mtimeNs: 0n, content: text });
  }

  const ownText = readIgnoreText(join(contextDir, '.dockerignore'), [contextDir]);
  const isHidden = (name: string): boolean =>
    (name === dockerfileName && !isFile) || ignore?.matcher.matches(name) === true;
  const completed = completeDockerignore(ownText, dockerfileName, isHidden);
  if (completed !== ownText && completed !== undefined) {
    const content = Buffer.from(completed);
    remove(entries, '.dockerignore');
    insert(entries, { path: '.dockerignore', kind: 'file', mode: 0o644, size: content.length, mtimeNs: 0n, content });
  }
  return { dockerfileName };
}

/** The `.dockerignore` to send: the own one where it hides the right names, else with lines added; `undefined` for none. */
export function completeDockerignore(
  ownText: string | undefined,
  dockerfileName: string,
  isHidden: (name: string) => boolean,
): string | undefined {
  const engine = createPatternMatcher(parseDockerignore(ownText ?? '').patterns);
  const added = ['.dockerignore', dockerfileName].flatMap((name) => {
    const shouldHide = isHidden(name) || (name === '.dockerignore' && ownText === undefined);
    if (engine.matches(name) === shouldHide) return [];
    const pattern = name.replaceAll(/[\\*?[]/g, '\\$&');
    return shouldHide ? [pattern] : [`!${pattern}`];
  });
  const onlyItself = ownText === undefined && added.length === 1;
  if (added.length === 0 || onlyItself) return ownText;
  return [ownText, ...added, ''].filter((part) => part !== undefined).join('\n');
}

function remove(entries: ContextEntry[], path: string): void {
  const at = entries.findIndex((entry) => entry.path === path);
  if (at >= 0) entries.splice(at, 1);
}

/** Insert a file of the root where its name belongs. */
function insert(entries: ContextEntry[], entry: ContextEntry): void {
  const bytes = Buffer.from(entry.path);
  const at = entries.findIndex((each) => Buffer.compare(Buffer.from(each.path.split('/', 1)[0] ?? ''), bytes) > 0);
  entries.splice(at < 0 ? entries.length : at, 0, entry);
}
