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

/** What an image is, wherever it is. */
interface ImageContent {
  /** Config digest of the first platform. */
  readonly configDigest: string;
  /** Of the manifest, or of the index of several platforms. Absent on the classic store: an image there has none before a push. */
  readonly manifestDigest?: string;
  readonly platforms: readonly PlatformImage[];
}

/** An image in an engine's store. */
export interface EngineImage extends ImageContent {
  readonly place: { readonly kind: 'engine'; readonly id: string; readonly store: ImageStore };
  /** What `docker inspect` takes: the config digest on the classic store, a manifest or index digest on the containerd store. */
  readonly id: string;
  readonly store: ImageStore;
}

/** An image that no engine has: a builder of its own put it into a registry, or into an OCI layout on disk. */
export interface RemoteImage extends ImageContent {
  readonly place:
    | {
        readonly kind: 'registry';
        /** `registry/path`, without tag and digest. */
        readonly repository: string;
        /** `sha256:<hex>` of the manifest or index. */
        readonly digest: string;
      }
    | {
        readonly kind: 'layout';
        /** Absolute. */
        readonly directory: string;
      };
  readonly id?: undefined;
  readonly store?: undefined;
}

/** What a build made, and where it is. */
export type BuiltImage = EngineImage | RemoteImage;

/** An image in an engine as a tap may return it: the place follows from the ID and the store. */
export type EngineImageDraft = Omit<EngineImage, 'place'>;

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
  /** The registry may have the image: it took the manifest and does not show it, or nobody could ask what came of a push. */
  readonly isUncertain?: true;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly hint: string;
    readonly retryable: boolean;
  };
}
