import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeDockerfile } from '../dockerfile/bytes.js';
import type { ContextEntry } from './context-entry.js';
import { parseDockerignore } from './dockerignore.js';
import { freeName, hiddenName } from './hidden-name.js';
import { readIgnoreText, type IgnoreFile } from './ignore-file.js';
import { createPatternMatcher, type PatternMatcher } from './pattern-matcher.js';

/** What decides how the Dockerfile travels. */
export interface DockerfilePlace {
  readonly contextDir: string;
  readonly dockerfilePath: string;
  readonly dockerfileText: string;
  /** Its path in the context; absent when it lies outside. */
  readonly fromContext: string | undefined;
  readonly ignore: IgnoreFile | undefined;
}

const ignoreName = '.dockerignore';

/**
 * Put the Dockerfile into the list, so that `COPY . .` copies what it copies with `docker build`, bytes of `.dockerignore` included: its cache is the same then.
 *
 * A text that is the file's own travels as the file. Any other text travels beside it, under a name that the engine takes away again: the classic engine removes
 * the Dockerfile and `.dockerignore` from the context when the `.dockerignore` that it was sent matches them. Only where nothing else tells the engine what to
 * remove, that file is completed, as docker/cli does for a Dockerfile from standard input.
 */
export function addDockerfile(entries: ContextEntry[], place: DockerfilePlace): { dockerfileName: string } {
  const { contextDir, dockerfilePath, fromContext, ignore } = place;
  const text = encodeDockerfile(place.dockerfileText);
  const isHidden = (name: string): boolean => ignore?.matcher.matches(name) === true;
  const own = entries.find((entry) => entry.path === fromContext);
  const fileName = own?.kind === 'file' && readFileSync(dockerfilePath).equals(text) ? own.path : undefined;
  if (fileName === undefined && own !== undefined && isHidden(own.path)) remove(entries, own.path);

  const ignorePath = join(contextDir, ignoreName);
  const ignoreText = readIgnoreText(ignorePath, [contextDir]);
  const told = matcherOf(ignoreText ?? '');
  const agreesOn = (name: string): boolean => told.matches(name) === isHidden(name);
  // Behind a link the engine may find nothing.
  const isFile = entries.some(({ path, kind }) => path === ignoreName && kind === 'file');
  const nameAsIs = (): string | undefined => {
    if (ignoreText !== undefined && !agreesOn(ignoreName)) return undefined;
    if (fileName !== undefined && agreesOn(fileName)) return fileName;
    return isFile ? hiddenName(told, entries, own?.path) : undefined;
  };
  const asIs = nameAsIs();
  const dockerfileName = asIs ?? fileName ?? freeName(entries);
  if (dockerfileName !== fileName)
    insert(entries, { path: dockerfileName, kind: 'file', mode: 0o600, size: text.length, mtimeNs: 0n, content: text });
  if (asIs !== undefined) return { dockerfileName };

  const isIgnoreHidden = ignoreText === undefined || isHidden(ignoreName);
  // A file that no step sees need not say more.
  const base = isIgnoreHidden ? Buffer.alloc(0) : readFileSync(ignorePath);
  const hides = new Map([
    [ignoreName, isIgnoreHidden],
    [dockerfileName, dockerfileName !== fileName || isHidden(fileName)],
  ]);
  const content = completeDockerignore(base, hides);
  const { mode, mtimeNs } = entries.find(({ path, kind }) => path === ignoreName && kind === 'file') ?? {
    mode: 0o644,
    mtimeNs: 0n,
  };
  remove(entries, ignoreName);
  insert(entries, { path: ignoreName, kind: 'file', mode, size: content.length, mtimeNs, content });
  return { dockerfileName };
}

function matcherOf(text: string): PatternMatcher {
  return createPatternMatcher(parseDockerignore(text).patterns);
}

/** A `.dockerignore` with lines added for those of these names that it does not hide, or hides, as it should. */
function completeDockerignore(base: Buffer, hides: ReadonlyMap<string, boolean>): Buffer {
  const told = matcherOf(base.toString());
  const lines = [...hides].flatMap(([name, isHidden]) =>
    told.matches(name) === isHidden ? [] : [`${isHidden ? '' : '!'}${name.replaceAll(/[\\*?[]/g, '\\$&')}\n`],
  );
  return Buffer.concat([base, Buffer.from(`${base.length === 0 ? '' : '\n'}${lines.join('')}`)]);
}

function remove(entries: ContextEntry[], path: string): void {
  const at = entries.findIndex((entry) => entry.path === path);
  if (at >= 0) entries.splice(at, 1);
}

/** Insert a file where its name belongs: one of the root in the order of names, any other behind its directory. */
function insert(entries: ContextEntry[], entry: ContextEntry): void {
  const directory = entry.path.includes('/') ? entry.path.replace(/\/[^/]*$/, '') : undefined;
  const bytes = Buffer.from(entry.path);
  const at =
    directory === undefined
      ? entries.findIndex((each) => Buffer.compare(Buffer.from(each.path.split('/', 1)[0] ?? ''), bytes) > 0)
      : entries.findIndex((each) => each.path === directory) + 1;
  entries.splice(at < 0 ? entries.length : at, 0, entry);
}
