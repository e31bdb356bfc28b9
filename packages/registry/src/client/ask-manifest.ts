import type { ImageReference } from '@dock/core';
import { manifestAccept, manifestLimit, readManifest, type RegistryManifest } from './manifest.js';
import { headerText, isFound, manifestTarget, pullAccess } from './reference-target.js';
import type { RegistrySession } from './registry-session.js';

/** Ask for the manifest of a reference (digest, else tag, else `latest`), as it is and as it was read; `undefined` when the registry has none. */
export async function askManifest(
  session: RegistrySession,
  reference: ImageReference,
): Promise<{ readonly manifest: RegistryManifest; readonly bytes: Buffer } | undefined> {
  const { registry, repository, digest } = reference;
  const { target, subject } = manifestTarget(reference);
  const access = pullAccess(reference, subject);
  const path = `/v2/${repository}/manifests/${target}`;
  const request = { method: 'GET', path, accept: manifestAccept, maxBytes: manifestLimit, access } as const;
  const answer = await session.request(request);
  if (!isFound(answer, session, access)) return undefined;
  const manifest = readManifest(answer.body, {
    registry,
    subject,
    contentType: answer.headers['content-type'] ?? '',
    headerDigest: headerText(answer.headers['docker-content-digest']),
    ...(digest === undefined ? {} : { askedDigest: digest }),
  });
  return { manifest, bytes: answer.body };
}
