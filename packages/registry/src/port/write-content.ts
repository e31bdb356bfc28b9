import type {
  BlobContent,
  CallOptions,
  ContentDescriptor,
  ImageReference,
  ImageRepository,
  ManifestContent,
  TransferOptions,
} from '@dock/core';
import type { Exchange } from '../client/http-exchange.js';
import { digestLike, manifestLimit } from '../client/manifest.js';
import { headerText, manifestTarget } from '../client/reference-target.js';
import type { AccessRequest } from '../client/registry-authorization.js';
import type { RegistryCalls } from '../client/registry-calls.js';
import { refusal, registryNonsense, wrongBytes } from '../client/registry-error.js';
import type { RegistrySession } from '../client/registry-session.js';
import { transferIdleMs } from './transfer-idle.js';

const answerLimit = 1024 * 1024;

function pushAccess({ registry, repository }: ImageRepository, subject: string, from?: ImageRepository): AccessRequest {
  const source = from === undefined ? '' : ` repository:${from.repository}:pull`;
  return { registry, subject, scope: `repository:${repository}:pull,push${source}`, prefersChallengeScope: false };
}

/** Throws for every answer but the wanted ones. */
function mustBe(answer: Exchange, wanted: readonly number[], session: RegistrySession, access: AccessRequest): void {
  if (!wanted.includes(answer.status)) throw refusal(answer, access, session.authorization()?.credential);
}

/** Put a manifest. The registry has to take it as what its bytes are. */
export async function putManifest(
  { call }: RegistryCalls,
  reference: ImageReference,
  { mediaType, bytes }: ManifestContent,
  options: CallOptions,
): Promise<ContentDescriptor> {
  const { registry, repository } = reference;
  const { target, subject } = manifestTarget(reference);
  const body = Buffer.from(bytes);
  const digest = digestLike(body, reference.digest) ?? digestLike(body) ?? '';
  if (reference.digest !== undefined && reference.digest !== digest)
    throw wrongBytes(registry, `manifest for ${subject}`, { announced: reference.digest, found: digest });
  return call(registry, options, async (session) => {
    const access = pushAccess(reference, `manifest ${subject}`);
    const answer = await session.request({
      method: 'PUT',
      path: `/v2/${repository}/manifests/${target}`,
      headers: { 'content-type': mediaType },
      body,
      maxBytes: answerLimit,
      access,
    });
    mustBe(answer, [201, 202], session, access);
    const stored = headerText(answer.headers['docker-content-digest']);
    if (stored !== '' && (digestLike(body, stored) ?? stored) !== stored)
      throw wrongBytes(registry, `manifest for ${subject}`, { announced: digest, found: stored });
    return { mediaType, digest, size: body.length };
  });
}

/** Where an upload goes on: an address of the registry, with the digest that ends it. */
function uploadUrl(answer: Exchange, registry: string, digest: string): URL {
  const location = answer.headers.location ?? '';
  if (location === '' || !URL.canParse(location, answer.url.href))
    throw registryNonsense(registry, 'starts an upload without saying where it goes on');
  const url = new URL(location, answer.url);
  url.searchParams.set('digest', digest);
  return url;
}

function blobAccess(repository: ImageRepository, digest: string): AccessRequest {
  manifestTarget({ ...repository, digest });
  return pushAccess(repository, `blob "${digest}" of "${repository.repository}"`);
}

/** Whether a repository has a blob. */
export async function hasBlob(
  { call }: RegistryCalls,
  repository: ImageRepository,
  digest: string,
  options: CallOptions,
): Promise<boolean> {
  const access = blobAccess(repository, digest);
  return call(repository.registry, options, async (session) => {
    const path = `/v2/${repository.repository}/blobs/${digest}`;
    const answer = await session.request({ method: 'HEAD', path, maxBytes: answerLimit, access });
    if (answer.status === 404) return false;
    mustBe(answer, [200], session, access);
    return true;
  });
}

/** Put a blob in one piece, whether or not it is there. */
export async function sendBlob(
  { call }: RegistryCalls,
  repository: ImageRepository,
  { digest, size, content }: BlobContent,
  { signal, idleTimeoutMs = transferIdleMs }: TransferOptions,
): Promise<void> {
  const { registry, repository: name } = repository;
  const access = blobAccess(repository, digest);
  const limits = { timeoutMs: 0, ...(signal === undefined ? {} : { signal }) };
  await call(registry, limits, async (session) => {
    const common = { maxBytes: answerLimit, idleMs: idleTimeoutMs, access };
    const begun = await session.request({ ...common, method: 'POST', path: `/v2/${name}/blobs/uploads/`, body: '' });
    mustBe(begun, [202], session, access);
    const ended = await session.request({
      ...common,
      method: 'PUT',
      url: uploadUrl(begun, registry, digest),
      headers: { 'content-type': 'application/octet-stream', 'content-length': String(size) },
      body: content,
    });
    mustBe(ended, [201, 204], session, access);
  });
}

/** Put a blob in one piece, unless it is there. @returns whether it was sent */
export async function putBlob(
  calls: RegistryCalls,
  repository: ImageRepository,
  blob: BlobContent,
  options: TransferOptions,
): Promise<boolean> {
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  if (await hasBlob(calls, repository, blob.digest, signal)) return false;
  await sendBlob(calls, repository, blob, options);
  return true;
}

/** Take a blob over from another repository of the registry. A registry that would rather have it sent is left without a begun upload. */
export async function mountBlob(
  { call }: RegistryCalls,
  repository: ImageRepository,
  digest: string,
  from: ImageRepository,
  options: CallOptions,
): Promise<boolean> {
  const { registry, repository: name } = repository;
  manifestTarget({ ...repository, digest });
  manifestTarget({ ...from, digest });
  if (from.registry !== registry) return false;
  return call(registry, options, async (session) => {
    const access = pushAccess(repository, `blob "${digest}" of "${name}"`, from);
    const query = new URLSearchParams({ mount: digest, from: from.repository });
    const common = { maxBytes: manifestLimit, access };
    const path = `/v2/${name}/blobs/uploads/?${query.toString()}`;
    const answer = await session.request({ ...common, method: 'POST', path, body: '' });
    if (answer.status === 201) return true;
    mustBe(answer, [202], session, access);
    const location = answer.headers.location ?? '';
    if (URL.canParse(location, answer.url.href))
      await session.request({ ...common, method: 'DELETE', url: new URL(location, answer.url) });
    return false;
  });
}
