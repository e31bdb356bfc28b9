import { type CallOptions, type ContentDescriptor, DockError, type ImageRepository } from '@dock/core';
import type { Exchange } from '../client/http-exchange.js';
import { manifestLimit } from '../client/manifest.js';
import { ociViolations } from '../client/oci-schema.js';
import { headerText, isFound, manifestTarget, pullAccess } from '../client/reference-target.js';
import type { AccessRequest } from '../client/registry-authorization.js';
import type { RegistryCalls } from '../client/registry-calls.js';
import { registryNonsense } from '../client/registry-error.js';
import type { RegistrySession } from '../client/registry-session.js';
import { readManifestContent } from './read-content.js';

/** Pages of one list. */
const pageLimit = 1000;
const tagsPerPage = 1000;
const indexType = 'application/vnd.oci.image.index.v1+json';

function parseJson(answer: Exchange, registry: string, subject: string): unknown {
  try {
    return JSON.parse(answer.body.toString('utf8'));
  } catch {
    throw registryNonsense(registry, `answers in something else than JSON for ${subject}`);
  }
}

/** The next page (RFC 8288 `Link: <…>; rel="next"`), on the same registry only. */
function nextPath(answer: Exchange, registry: string): string | undefined {
  const target = /<([^>]*)>\s*;[^,]*\brel="?next"?/i.exec(headerText(answer.headers.link))?.[1];
  if (target === undefined) return undefined;
  if (!URL.canParse(target, answer.url.href)) throw registryNonsense(registry, 'names a next page that is no address');
  const url = new URL(target, answer.url);
  if (url.origin !== answer.url.origin) throw registryNonsense(registry, `has its next page on "${url.host}"`);
  return `${url.pathname}${url.search}`;
}

/** Read all pages of a list. `undefined` when there is no such list. */
async function readPages<T>(
  session: RegistrySession,
  first: string,
  access: AccessRequest,
  itemsOf: (document: unknown) => readonly T[] | undefined,
): Promise<T[] | undefined> {
  const items: T[] = [];
  let path: string | undefined = first;
  for (let pages = 0; path !== undefined; pages += 1) {
    if (pages === pageLimit) throw registryNonsense(access.registry, `lists more than ${pageLimit} pages`);
    const answer: Exchange = await session.request({ method: 'GET', path, maxBytes: manifestLimit, access });
    if (!isFound(answer, session, access)) return undefined;
    const found = itemsOf(parseJson(answer, access.registry, access.subject));
    if (found === undefined)
      throw registryNonsense(access.registry, `answers with something else than ${access.subject}`);
    items.push(...found);
    path = nextPath(answer, access.registry);
  }
  return items;
}

/** All tags of a repository. */
export async function listTags(
  { call }: RegistryCalls,
  repository: ImageRepository,
  options: CallOptions,
): Promise<readonly string[]> {
  manifestTarget({ ...repository, tag: 'latest' });
  return call(repository.registry, options, async (session) => {
    const access = pullAccess(repository, `the tags of "${repository.repository}"`);
    const path = `/v2/${repository.repository}/tags/list?n=${tagsPerPage}`;
    const tagsOf = (document: unknown): readonly string[] | undefined => {
      const { tags } = (document ?? {}) as { tags?: unknown };
      // A repository that lost its last tag is said to have null.
      if (tags === null) return [];
      return Array.isArray(tags) && tags.every((tag) => typeof tag === 'string') ? tags : undefined;
    };
    return (await readPages(session, path, access, tagsOf)) ?? [];
  });
}

/** The entries of an index of referrers. */
function referrersOf(document: unknown): readonly ContentDescriptor[] | undefined {
  if (ociViolations('index', document).length > 0) return undefined;
  const { manifests } = document as { manifests: readonly ContentDescriptor[] };
  return manifests.map(({ mediaType, digest, size, artifactType, annotations }) => ({
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  }));
}

/** The tag that stands for the referrers of a digest, where a registry has no list of them (distribution-spec, "Referrers Tag Schema"). */
export function referrersTag(digest: string): string {
  const [algorithm = '', encoded = ''] = digest.split(':');
  return `${algorithm.slice(0, 32)}-${encoded.slice(0, 64)}`;
}

/** What refers to a digest: by the referrers API, else by the tag schema. */
export async function listReferrers(
  calls: RegistryCalls,
  subject: ImageRepository & { readonly digest: string },
  { artifactType, ...options }: CallOptions & { readonly artifactType?: string },
): Promise<readonly ContentDescriptor[]> {
  const { registry, repository, digest } = subject;
  manifestTarget(subject);
  const access = pullAccess(subject, `the referrers of "${repository}@${digest}"`);
  const query = artifactType === undefined ? '' : `?${new URLSearchParams({ artifactType }).toString()}`;
  const listed = await calls.call(registry, options, async (session) =>
    readPages(session, `/v2/${repository}/referrers/${digest}${query}`, access, referrersOf),
  );
  const found = listed ?? (await referrersByTag(calls, subject, options));
  // A registry may leave the filter to its client.
  return artifactType === undefined ? found : found.filter((each) => each.artifactType === artifactType);
}

async function referrersByTag(
  calls: RegistryCalls,
  { registry, repository, digest }: ImageRepository & { readonly digest: string },
  options: CallOptions,
): Promise<readonly ContentDescriptor[]> {
  const tag = referrersTag(digest);
  const found = await readManifestContent(calls, { registry, repository, tag }, options);
  if (found === undefined) return [];
  if (found.mediaType !== indexType)
    throw new DockError('REGISTRY_ERROR', `The tag "${tag}" of "${registry}/${repository}" is no index of referrers.`, {
      hint: 'Something else was pushed under the tag that the specification keeps for referrers.',
      retryable: false,
    });
  return referrersOf(JSON.parse(Buffer.from(found.bytes).toString('utf8'))) ?? [];
}
