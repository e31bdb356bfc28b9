import type { CallOptions } from './call-options.js';
import type { ImageReference } from './image-reference.js';

/** A repository of a registry. */
export type ImageRepository = Pick<ImageReference, 'registry' | 'repository'>;

/** What names content in a registry (OCI descriptor). */
export interface ContentDescriptor {
  readonly mediaType: string;
  /** `sha256:<hex>`, or in another registered algorithm. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A manifest or index, byte for byte. */
export interface ManifestContent {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** A blob to send. */
export interface BlobContent {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly content: Uint8Array | AsyncIterable<Uint8Array>;
}

/** Options of calls that move content. */
export interface TransferOptions {
  readonly signal?: AbortSignal;
  /** Deadline without a byte in either direction, ms. @default 120000 */
  readonly idleTimeoutMs?: number;
}

/**
 * The port to registries, with the credentials that the run has. `@dock/registry` implements it. What is read is hashed, what is written is announced by the digest of its bytes, and an answer that
 * contradicts either is an error. Every call throws AUTH_FAILED, REGISTRY_UNREACHABLE, REGISTRY_ERROR or CANCELLED when the registry's answer is none.
 */
export interface RegistryPort {
  /** What a reference names now (digest, else tag, else `latest`); `undefined` when the registry says there is none. */
  resolve(reference: ImageReference, options?: CallOptions): Promise<ContentDescriptor | undefined>;
  /** The manifest or index itself, at most 4 MiB; `undefined` when the registry says there is none. */
  manifest(
    reference: ImageReference,
    options?: CallOptions,
  ): Promise<(ManifestContent & { readonly digest: string }) | undefined>;
  /**
   * Read a blob. `read` gets its bytes as they come; what it returns counts only when all of them were read and hash to the digest,
   * and what it throws comes out as it is.
   *
   * @returns `undefined` when the registry says there is none
   */
  blob<T>(
    repository: ImageRepository,
    digest: string,
    read: (content: AsyncIterable<Uint8Array>) => Promise<T>,
    options?: TransferOptions,
  ): Promise<T | undefined>;
  /** Put a manifest under a tag, or by its digest when the reference has one. */
  putManifest(reference: ImageReference, manifest: ManifestContent, options?: CallOptions): Promise<ContentDescriptor>;
  /** Put a blob; nothing is sent when the repository has it. What its content throws comes out as it is. @returns whether it was sent */
  putBlob(repository: ImageRepository, blob: BlobContent, options?: TransferOptions): Promise<boolean>;
  /** Take a blob over from another repository of the same registry. @returns whether the registry did */
  mount(repository: ImageRepository, digest: string, from: ImageRepository, options?: CallOptions): Promise<boolean>;
  /** All tags, in the registry's order; empty for a repository that is not there. */
  tags(repository: ImageRepository, options?: CallOptions): Promise<readonly string[]>;
  /** What refers to a digest, by the referrers API, else by the tag schema. */
  referrers(
    subject: ImageRepository & { readonly digest: string },
    options?: CallOptions & { readonly artifactType?: string },
  ): Promise<readonly ContentDescriptor[]>;
  /** Copy an image with everything that it consists of; the last thing written is the target's own name. @throws IMAGE_NOT_FOUND */
  copy(from: ImageReference, to: ImageReference, options?: TransferOptions): Promise<ContentDescriptor>;
}
