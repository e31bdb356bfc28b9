import { isDigest } from '@dock/core';
import type { BlobDirectory } from './blob-directory.js';
import { readIndex } from './oci-index.js';

/** Bytes of a manifest; more is none. */
const manifestBytes = 4 * 1024 * 1024;

interface Manifest {
  readonly manifests?: readonly { readonly digest?: unknown }[];
  readonly layers?: readonly { readonly digest?: unknown }[];
  readonly config?: { readonly digest?: unknown };
}

/** Remove what no manifest of a directory's index leads to. @throws IndexFault */
export async function dropUnreferenced(blobs: BlobDirectory): Promise<void> {
  const kept = new Set<string>();
  const pending = (await readIndex(blobs.directory)).map(({ digest }) => digest);
  for (let digest = pending.pop(); digest !== undefined; digest = pending.pop()) {
    if (kept.has(digest)) continue;
    kept.add(digest);
    const { manifests = [], layers = [], config } = parse(await blobs.read(digest, manifestBytes));
    for (const { digest: child } of layers) if (isText(child)) kept.add(child);
    if (isText(config?.digest)) kept.add(config.digest);
    for (const { digest: child } of manifests) if (isText(child)) pending.push(child);
  }
  await blobs.keepOnly(kept);
}

function isText(digest: unknown): digest is string {
  return typeof digest === 'string' && isDigest(digest);
}

/** A blob that is no manifest leads nowhere. */
function parse(bytes: Buffer | undefined): Manifest {
  try {
    const parsed: unknown = JSON.parse(bytes?.toString('utf8') ?? '');
    return typeof parsed === 'object' && parsed !== null ? (parsed as Manifest) : {};
  } catch {
    return {};
  }
}
