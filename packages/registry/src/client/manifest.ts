import { createHash } from 'node:crypto';
import { type DockError } from '@dock/core';
import { registryNonsense, wrongBytes } from './registry-error.js';
import { type OciDocument, ociViolations } from './oci-schema.js';

/** Largest manifest that is read, bytes (distribution's own limit). */
export const manifestLimit = 4 * 1024 * 1024;

const indexTypes: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
]);
const manifestTypes: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]);

/** The `Accept` header for manifests. */
export const manifestAccept = [...indexTypes, ...manifestTypes].join(', ');

/** One image of a manifest list or index. */
export interface ManifestPlatform {
  /** `os/arch[/variant]`. */
  readonly platform: string;
  readonly digest: string;
}

/** A manifest as a registry holds it. */
export interface RegistryManifest {
  /** Computed from the bytes: `sha256:<hex>`, or in the algorithm of the reference's digest. */
  readonly digest: string;
  readonly mediaType: string;
  /** Bytes. */
  readonly size: number;
  /** The parsed document. */
  readonly manifest: Readonly<Record<string, unknown>>;
  /** For a single image. */
  readonly configDigest?: string;
  /** For an index, attestations left out; empty for a single image, whose platform is in its config. */
  readonly platforms: readonly ManifestPlatform[];
}

/** Digest of bytes in the algorithm of another digest. */
export function digestLike(bytes: Buffer, like = 'sha256:'): string | undefined {
  const algorithm = like.slice(0, like.indexOf(':'));
  if (algorithm !== 'sha256' && algorithm !== 'sha384' && algorithm !== 'sha512') return undefined;
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

type Fail = (why: string) => DockError;
type JsonObject = Readonly<Record<string, unknown>>;

function parseObject(bytes: Buffer, fail: Fail): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw fail('is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw fail('is not a JSON object');
  return value as JsonObject;
}

/** The media type: header and document have to agree; a registry that only says "JSON" leaves it to the document. */
function decideMediaType(contentType: string, document: JsonObject, fail: Fail): string {
  const sent = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
  const own = typeof document.mediaType === 'string' ? document.mediaType : undefined;
  const isKnown = indexTypes.has(sent) || manifestTypes.has(sent);
  if (isKnown && own !== undefined && own !== sent) throw fail(`says it is "${own}", but is sent as "${sent}"`);
  if (isKnown) return sent;
  if (own !== undefined && (indexTypes.has(own) || manifestTypes.has(own))) return own;
  throw fail(`has the media type "${sent}", which is not an image's`);
}

function check(kind: OciDocument, document: JsonObject, fail: Fail): void {
  const first = ociViolations(kind, document).find(
    // An image without layers (FROM scratch and metadata only) is legal for every engine and registry.
    ({ path, rule }) => !(path === 'layers' && (rule === 'must not be empty' || document.layers === null)),
  );
  if (first !== undefined) throw fail(`breaks the image specification: "${first.path}" ${first.rule}`);
}

interface IndexEntry {
  readonly digest: string;
  readonly platform?: { readonly os: string; readonly architecture: string; readonly variant?: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

function indexPlatforms(document: JsonObject): ManifestPlatform[] {
  return (document.manifests as readonly IndexEntry[]).flatMap(({ digest, platform, annotations }) => {
    const isAttestation = annotations?.['vnd.docker.reference.type'] !== undefined || platform?.os === 'unknown';
    if (platform === undefined || isAttestation) return [];
    const parts = [platform.os, platform.architecture, platform.variant ?? ''];
    return [{ platform: parts.filter((part) => part !== '').join('/'), digest }];
  });
}

/** What came with the bytes of a manifest. */
export interface ManifestSource {
  readonly registry: string;
  /** For messages: `"library/alpine:3"`. */
  readonly subject: string;
  readonly contentType: string;
  /** `Docker-Content-Digest`. */
  readonly headerDigest?: string;
  /** Digest that was asked for. */
  readonly askedDigest?: string;
}

/**
 * Read a manifest or index from its bytes.
 *
 * @throws DIGEST_MISMATCH when the bytes are not those of the digest that was asked for or announced; REGISTRY_ERROR when the document or its media type is wrong
 */
export function readManifest(bytes: Buffer, source: ManifestSource): RegistryManifest {
  const fail: Fail = (why) => registryNonsense(source.registry, `has a manifest for ${source.subject} that ${why}`);
  // A login page or a proxy's is no manifest with other bytes: somebody else than the registry has answered.
  if (/^\s*text\/html\b/i.test(source.contentType))
    throw fail('has the media type "text/html", which is not an image\'s');
  const digest = digestLike(bytes, source.askedDigest) ?? digestLike(bytes) ?? '';
  const subject = `manifest for ${source.subject}`;
  if (source.askedDigest !== undefined && digest !== source.askedDigest)
    throw wrongBytes(source.registry, subject, { announced: source.askedDigest, found: digest });
  const announced = source.headerDigest;
  if (announced !== undefined && announced !== '' && (digestLike(bytes, announced) ?? announced) !== announced)
    throw wrongBytes(source.registry, subject, { announced, found: digest });
  const manifest = parseObject(bytes, fail);
  const mediaType = decideMediaType(source.contentType, manifest, fail);
  const isIndex = indexTypes.has(mediaType);
  if ('manifests' in manifest && ('layers' in manifest || 'config' in manifest))
    throw fail('is an image and an index at once');
  check(isIndex ? 'index' : 'manifest', manifest, fail);
  const common = { digest, mediaType, size: bytes.length, manifest };
  if (isIndex) return { ...common, platforms: indexPlatforms(manifest) };
  return { ...common, configDigest: (manifest.config as { digest: string }).digest, platforms: [] };
}
