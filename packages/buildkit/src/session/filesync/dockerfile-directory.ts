import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { encodeDockerfile } from '@dock/core';
import { type ContextEntry, readIgnoreText } from '@dock/core/internal';

/**
 * The directory `dockerfile` of a session: the Dockerfile with the text that is built, and its own ignore file if there is one. Nothing else of the real
 * directory is needed, so nothing else is offered.
 */
export function dockerfileDirectory(
  dockerfilePath: string,
  dockerfileText: string,
  contextDir: string,
): readonly ContextEntry[] {
  const name = basename(dockerfilePath);
  const ignoreText = readIgnoreText(`${dockerfilePath}.dockerignore`, [contextDir, dirname(dockerfilePath)]);
  const files = [file(name, encodeDockerfile(dockerfileText))];
  return ignoreText === undefined ? files : [...files, file(`${name}.dockerignore`, Buffer.from(ignoreText))];
}

/**
 * The builder keeps what it got and asks again only when size or time differ. So the time is made from the content: another text of the same length is never
 * mistaken for the one before. No image ever holds this time.
 */
function file(path: string, content: Uint8Array): ContextEntry {
  const mtimeNs = createHash('sha256').update(content).digest().readBigUInt64BE() >> 4n;
  return { path, kind: 'file', mode: 0o644, size: content.length, mtimeNs, content };
}
