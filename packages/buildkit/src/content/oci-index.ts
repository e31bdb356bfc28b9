import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDigest, writeFileAtOnce } from '@dock/core';
import { fileFaultCode } from './file-fault.js';

/** What an index says of a blob (opencontainers/image-spec, `descriptor.md`). */
export interface Descriptor {
  readonly mediaType?: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Index {
  readonly manifests: readonly Descriptor[];
}

/** Annotations that name an image: by its whole name, and by its tag alone. */
const nameAnnotation = 'io.containerd.image.name';
const tagAnnotation = 'org.opencontainers.image.ref.name';

/** What is wrong with the index of a directory; `isAbsent` when there is none. */
export class IndexFault extends Error {
  override readonly name = 'IndexFault';
  readonly isAbsent: boolean;

  constructor(message: string, isAbsent: boolean) {
    super(message);
    this.isAbsent = isAbsent;
  }
}

/**
 * The manifests that `index.json` of a directory names.
 *
 * @throws IndexFault
 */
export async function readIndex(directory: string): Promise<readonly Descriptor[]> {
  let text: string;
  try {
    text = await readFile(join(directory, 'index.json'), 'utf8');
  } catch (error) {
    const code = fileFaultCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new IndexFault('there is no index.json', true);
    throw new IndexFault(`its index.json cannot be read (${code})`, false);
  }
  try {
    const { manifests } = JSON.parse(text) as Partial<Index>;
    if (Array.isArray(manifests) && manifests.every(({ digest }) => isDigest(digest))) return manifests;
  } catch {
    // Told below.
  }
  throw new IndexFault('its index.json is no index of an OCI layout', false);
}

/** The manifest of a tag, as buildx finds it: by the whole name, else by the tag. */
export function taggedManifest(manifests: readonly Descriptor[], tag: string): Descriptor | undefined {
  return (
    manifests.find(({ annotations }) => annotations?.[nameAnnotation] === tag) ??
    manifests.find(({ annotations }) => annotations?.[tagAnnotation] === tag)
  );
}

/** Give a manifest a tag in the index of a directory; whatever had it loses it. */
export async function tagManifest(
  directory: string,
  { digest, size, mediaType }: Descriptor,
  tag: string,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  const others = await readIndex(directory).catch((error: unknown) => {
    if (error instanceof IndexFault) return [];
    throw error;
  });
  const manifests = [
    ...others.filter(
      ({ annotations }) => annotations?.[tagAnnotation] !== tag || annotations[nameAnnotation] !== undefined,
    ),
    { ...(mediaType === undefined ? {} : { mediaType }), digest, size, annotations: { [tagAnnotation]: tag } },
  ];
  const index = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests };
  writeFileAtOnce(join(directory, 'index.json'), JSON.stringify(index), 0o644);
}
