import type { CallOptions, StreamOptions } from './call-options.js';
import type { EngineImage } from './image.js';
import type { ImageReference } from './image-reference.js';

/** One image of the engine. Fields that engines leave out are absent. */
export interface ImageDetails {
  readonly id: string;
  /** `name:tag` as the engine lists them. */
  readonly tags: readonly string[];
  /** `name@sha256:<hex>` as the engine lists them. */
  readonly digests: readonly string[];
  /** Config digest; on the classic store the ID. */
  readonly configDigest?: string;
  /** `os/arch[/variant]`. */
  readonly platform: string;
  /** ISO 8601. */
  readonly created?: string;
  /** Bytes, uncompressed as the engine counts them. */
  readonly size: number;
  readonly layers: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** `K=V`. */
  readonly env: readonly string[];
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly exposedPorts: readonly string[];
  readonly user: string;
  readonly workingDir: string;
  readonly onBuild: readonly string[];
}

/** One row of `docker history`, newest first. */
export interface HistoryEntry {
  readonly createdBy: string;
  /** ISO 8601. */
  readonly created?: string;
  /** Bytes that the instruction added. */
  readonly size: number;
  readonly comment: string;
}

/** What a pull brought. */
export interface PulledImage {
  readonly id: string;
  /** Manifest or index digest from the pull's own stream. */
  readonly digest?: string;
}

/** What one push says in its own stream. */
export interface PushReceipt {
  /** `sha256:<hex>`. */
  readonly digest: string;
  /** Bytes of the manifest. */
  readonly size: number;
}

/** The images of an engine. */
export interface ImagePort {
  /** `undefined` when there is no such image. */
  inspectImage(nameOrId: string, options?: CallOptions): Promise<ImageDetails | undefined>;
  /** Empty where the engine cannot tell: Engine 26 of an image for another platform, on the containerd store. */
  imageHistory(nameOrId: string, options?: CallOptions): Promise<readonly HistoryEntry[]>;
  /** The image as a built one, for work on an image that is already there. @throws IMAGE_NOT_FOUND */
  builtImage(nameOrId: string, options?: CallOptions): Promise<EngineImage>;
  /** @throws PULL_FAILED, IMAGE_NOT_FOUND, AUTH_FAILED, PULL_TIMEOUT, REGISTRY_ERROR, REGISTRY_UNREACHABLE */
  pullImage(reference: ImageReference, options?: StreamOptions & { readonly platform?: string }): Promise<PulledImage>;
  /**
   * Take in an archive of one image (`docker load`). A name that stands in it is given.
   *
   * @returns What `docker inspect` takes: the ID, or the name that stands in the archive
   * @throws DAEMON_ERROR with the engine's own words, DAEMON_PROTOCOL
   */
  loadImage(archive: AsyncIterable<Uint8Array>, options?: CallOptions): Promise<string>;
  tagImage(id: string, reference: ImageReference, options?: CallOptions): Promise<void>;
  /** Remove a name, or an image by ID; one that is not there is fine. */
  removeImage(
    nameOrId: string,
    options?: CallOptions & { readonly force?: boolean; readonly noPrune?: boolean },
  ): Promise<void>;
  /** One attempt at one push; success needs the digest from the push's own stream. @throws AUTH_FAILED, REGISTRY_ERROR (details: status, retryAfterMs), REGISTRY_UNREACHABLE, PUSH_REFUSED, PUSH_TIMEOUT, DAEMON_LOST */
  pushImage(reference: ImageReference, options?: StreamOptions): Promise<PushReceipt>;
}
