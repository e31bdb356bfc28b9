import { posix } from 'node:path';

/** Base names that mean a Dockerfile rather than a directory. */
const dockerfileName = /dockerfile|containerfile/i;

/**
 * The predecessor's path "to the Dockerfile within the git repository": a directory that holds `Dockerfile`, or the file itself. The directory is the
 * build context, as it was there. A base name that has "dockerfile" or "containerfile" in it is a file, any other is a directory.
 */
export function splitDockerfilePath(path: string): { readonly subdir?: string; readonly dockerfile?: string } {
  const clean = path.replace(/\/+$/, '');
  if (!dockerfileName.test(posix.basename(clean))) return clean === '' || clean === '.' ? {} : { subdir: clean };
  const directory = posix.dirname(clean);
  return { dockerfile: posix.basename(clean), ...(directory === '.' ? {} : { subdir: directory }) };
}
