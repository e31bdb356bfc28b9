import { createHash } from 'node:crypto';
import type {
  CallOptions,
  ContentDescriptor,
  ImageReference,
  ImageRepository,
  ManifestContent,
  TransferOptions,
} from '@dock/core';
import { askManifest } from '../client/ask-manifest.js';
import { manifestLimit } from '../client/manifest.js';
import { isFound, manifestTarget, pullAccess } from '../client/reference-target.js';
import type { RegistryCalls } from '../client/registry-calls.js';
import { registryNonsense, wrongBytes } from '../client/registry-error.js';
import { transferIdleMs } from './transfer-idle.js';

/** The manifest of a reference, its bytes and what they are. */
export async function readManifestContent(
  { call }: RegistryCalls,
  reference: ImageReference,
  options: CallOptions,
): Promise<(ManifestContent & { readonly digest: string }) | undefined> {
  return call(reference.registry, options, async (session) => {
    const found = await askManifest(session, reference);
    return found && { digest: found.manifest.digest, mediaType: found.manifest.mediaType, bytes: found.bytes };
  });
}

/** What a reference names now. The manifest is read: the headers of a HEAD prove nothing. */
export async function resolveReference(
  calls: RegistryCalls,
  reference: ImageReference,
  options: CallOptions,
): Promise<ContentDescriptor | undefined> {
  const found = await readManifestContent(calls, reference, options);
  return found && { mediaType: found.mediaType, digest: found.digest, size: found.bytes.length };
}

/** Read a blob as it comes, and hold it to its digest. */
export async function readBlob<T>(
  { call }: RegistryCalls,
  repository: ImageRepository,
  digest: string,
  read: (content: AsyncIterable<Uint8Array>) => Promise<T>,
  { signal, idleTimeoutMs = transferIdleMs }: TransferOptions,
): Promise<T | undefined> {
  const reference = { ...repository, digest };
  const { registry } = repository;
  const limits = { timeoutMs: 0, ...(signal === undefined ? {} : { signal }) };
  return call(registry, limits, async (session) => {
    manifestTarget(reference);
    const subject = `blob "${digest}" of "${repository.repository}"`;
    const access = pullAccess(reference, subject);
    const hash = createHash(digest.slice(0, digest.indexOf(':')));
    let taken: { readonly value: T } | undefined;
    const answer = await session.request({
      method: 'GET',
      path: `/v2/${repository.repository}/blobs/${digest}`,
      maxBytes: manifestLimit,
      idleMs: idleTimeoutMs,
      access,
      take: async (content) => {
        let isWhole = false;
        const hashed = async function* () {
          for await (const chunk of content) {
            hash.update(chunk);
            yield chunk;
          }
          isWhole = true;
        };
        taken = { value: await read(hashed()) };
        if (!isWhole) throw registryNonsense(registry, `was asked for ${subject}, which was not read to its end`);
      },
    });
    if (!isFound(answer, session, access) || taken === undefined) return undefined;
    const found = `${digest.slice(0, digest.indexOf(':'))}:${hash.digest('hex')}`;
    if (found !== digest) throw wrongBytes(registry, subject, { announced: digest, found });
    return taken.value;
  });
}
