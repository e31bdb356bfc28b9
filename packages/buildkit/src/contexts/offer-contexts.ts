import { createHash } from 'node:crypto';
import { opendirSync, type Stats, statSync } from 'node:fs';
import { DockError } from '@dock/core';
import { type NamedContext, namedContexts, quotePath } from '@dock/core/internal';
import { BlobDirectory } from '../content/blob-directory.js';
import type { ServedContent } from '../content/content-service.js';
import { fileFaultCode } from '../content/file-fault.js';
import { IndexFault, readIndex, taggedManifest } from '../content/oci-index.js';

/** Named contexts on their way to a builder. */
export interface OfferedContexts {
  /** What the frontend is told of each, by its name (moby/buildkit, `frontend/dockerui`). */
  readonly told: Readonly<Record<string, string>>;
  /** Directories that the session serves, by the name that the builder asks for. */
  readonly directories: ReadonlyMap<string, string>;
  /** OCI layouts that the session serves, by the name that the builder asks for. */
  readonly layouts: ReadonlyMap<string, ServedContent>;
}

/**
 * Make named contexts ready: what is on this machine is served by the session, the rest the builder fetches itself.
 *
 * @throws CONTEXT_ERROR for a directory or a layout that is none
 */
export async function offerContexts(contexts: Readonly<Record<string, string>> = {}): Promise<OfferedContexts> {
  const directories = new Map<string, string>();
  const layouts = new Map<string, ServedContent>();
  const told: Record<string, string> = {};
  for (const [name, context] of namedContexts(contexts)) {
    told[name] = contexts[name] ?? '';
    if (context.kind === 'directory') {
      checkDirectory(name, context);
      const local = localName(name, context.directory);
      directories.set(local, context.directory);
      told[name] = `local:${local}`;
    } else if (context.kind === 'layout') {
      const { directory } = context;
      const digest = context.digest ?? (await digestIn(name, context));
      const store = shortHash(directory);
      layouts.set(`oci:${store}`, { blobs: new BlobDirectory(directory), isWritable: false });
      told[name] = `oci-layout://${store}@${digest}`;
    }
  }
  return { told, directories, layouts };
}

/** The manifest of the tag, or the only one that is there. */
async function digestIn(name: string, { directory, tag }: Extract<NamedContext, { kind: 'layout' }>): Promise<string> {
  const wrong = (why: string): DockError =>
    new DockError('CONTEXT_ERROR', `The OCI layout ${quotePath(directory)} of the context "${name}" ${why}.`, {
      hint: 'Name a directory with an index.json, and a tag or digest that it has: oci-layout://DIRECTORY:TAG.',
      details: { context: name, path: directory },
    });
  try {
    const manifests = await readIndex(directory);
    const found = taggedManifest(manifests, tag) ?? (manifests.length === 1 ? manifests[0] : undefined);
    if (found !== undefined) return found.digest;
  } catch (error) {
    if (error instanceof IndexFault) throw wrong(`cannot be used: ${error.message}`);
    throw error;
  }
  throw wrong(`has nothing under the tag "${tag}"`);
}

function checkDirectory(name: string, { directory }: Extract<NamedContext, { kind: 'directory' }>): void {
  const refused = (what: string, hint: string, cause?: unknown): DockError =>
    new DockError('CONTEXT_ERROR', `${quotePath(directory)} of the context "${name}" ${what}.`, {
      hint,
      details: { context: name, path: directory },
      ...(cause === undefined ? {} : { cause }),
    });
  let found: Stats | undefined;
  try {
    found = statSync(directory, { throwIfNoEntry: false });
    if (found?.isDirectory() === true) return opendirSync(directory).closeSync();
  } catch (error) {
    const code = fileFaultCode(error);
    const why = code === 'EACCES' || code === 'EPERM' ? 'permission denied' : code;
    throw refused(`cannot be read: ${why}`, 'Look at the permissions of the directory, and of those above it.', error);
  }
  const what = found === undefined ? 'does not exist' : 'is not a directory';
  throw refused(what, 'Name a directory, or docker-image:// with an image.');
}

/**
 * The name under which the builder asks for a directory. What it kept of one under some name it takes for what is the same in size and time, so each directory has
 * a name of its own.
 */
function localName(name: string, directory: string): string {
  return `${name.replaceAll(/[^\w.-]/g, '_')}-${shortHash(directory)}`;
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
