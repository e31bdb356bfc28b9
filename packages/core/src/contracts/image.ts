import type { TargetReference } from './build-spec.js';

/** The engine's image store: it decides what an image ID is (design §4, image identity). */
export type ImageStore = 'classic' | 'containerd';

/** One platform of a built image. */
export interface PlatformImage {
  /** `os/arch[/variant]`. */
  readonly platform: string;
  /** `sha256:<hex>` of the image configuration. */
  readonly configDigest: string;
  readonly manifestDigest?: string;
}

/** What a build made. */
export interface BuiltImage {
  /** The engine's ID: the config digest on the classic store, a manifest or index digest on the containerd store. */
  readonly id: string;
  readonly store: ImageStore;
  /** Config digest of the first platform. */
  readonly configDigest: string;
  /** Absent on the classic store: an image there has none before a push. */
  readonly manifestDigest?: string;
  readonly platforms: readonly PlatformImage[];
}

/** A reference that was published. The digest is the result. */
export interface PublishedImage {
  readonly reference: TargetReference;
  /** `registry/repository:tag`, for people. */
  readonly name: string;
  readonly registry: string;
  /** `sha256:<hex>` of the manifest or index in the registry. */
  readonly digest: string;
  /** Config digest found inside the registry's manifest, when it could be read. */
  readonly configDigest?: string;
  /** Pushes tried, from 1. */
  readonly attempts: number;
  /** Who said that the registry holds this digest. */
  readonly confirmedBy: 'engine' | 'direct' | 'push-stream';
  /** False when only the push's own stream says so, or nothing proves that the manifest is the built image's. */
  readonly isVerified: boolean;
  /** Why `isVerified` is false. */
  readonly unverifiedReason?: string;
  readonly durationMs: number;
}

/** A reference that was asked for and is not published. */
export interface UnpublishedImage {
  readonly reference: TargetReference;
  readonly name: string;
  readonly registry: string;
  readonly attempts: number;
  /** The push was cut off and the registry could not be asked: it may have the image. */
  readonly isUncertain?: true;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly hint: string;
    readonly retryable: boolean;
  };
}
