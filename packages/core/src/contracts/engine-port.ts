import type { BuildSpec } from './build-spec.js';
import type { CallOptions } from './call-options.js';
import type { ContainerPort } from './container-port.js';
import type { EngineImage, ImageStore } from './image.js';
import type { BuilderDescription, BuildOptions, ImageBuilder } from './image-builder.js';
import type { ImagePort } from './image-port.js';
import type { ImageReference } from './image-reference.js';

/** What the engine says of itself. */
export interface EngineDescription extends BuilderDescription {
  /** The engine's own ID. */
  readonly id: string;
  readonly version: string;
  readonly apiVersion: string;
  /** `linux/amd64`. */
  readonly platform: string;
  readonly store: ImageStore;
  /** Whether the engine has BuildKit. */
  readonly hasBuildkit: boolean;
  readonly rootDir: string;
  readonly insecureRegistries: readonly string[];
  readonly registryMirrors: readonly string[];
  readonly securityOptions: readonly string[];
}

/** A manifest that a registry holds. */
export interface ManifestDescription {
  readonly digest: string;
  readonly mediaType: string;
  /** Config digest, for a single image whose manifest could be read. */
  readonly configDigest?: string;
  /** For an index: its entries; for a single manifest: one, where known. */
  readonly platforms: readonly {
    readonly platform: string;
    readonly digest?: string;
    readonly configDigest?: string;
  }[];
  /** Who was asked. */
  readonly via: 'engine' | 'direct';
}

/** What somebody who published an image expects to find: its digest, where the push told it, else the image's configuration. */
export interface ExpectedManifest {
  readonly digest?: string;
  readonly configDigest: string;
}

/** What asking for access told, before any transfer. */
export interface RegistryProbe {
  readonly registry: string;
  /** Whether credentials were sent: a registry that asks for none is given none. */
  readonly hasCredentials: boolean;
  /** Where they come from, never their value. */
  readonly credentialOrigin?: string;
  /** Who reached the registry: ourselves, or only the engine (its network and CA may differ from ours). */
  readonly via: 'direct' | 'engine';
}

/** The port to a Docker Engine: its builder, its images, its containers, and the way through it to registries. `@dock/engine` implements it; errors are DockErrors with codes of the catalogue. */
export interface EnginePort extends ImageBuilder, ImagePort, ContainerPort {
  readonly endpoint: { readonly url: string; readonly origin: string };
  /** As {@link ImageBuilder.build}; what the engine builds is in its own store. */
  build(spec: BuildSpec, options?: BuildOptions): Promise<EngineImage>;
  /** @throws DAEMON_UNREACHABLE, API_VERSION_UNSUPPORTED */
  describe(options?: CallOptions): Promise<EngineDescription>;
  /**
   * Ask the registry for a manifest, through the engine, else directly; with `expected`, directly where that answers as expected, else through the
   * engine. `undefined` when the registry says there is none.
   *
   * @throws DIGEST_MISMATCH when the registry serves bytes that are not those of their digest
   */
  findManifest(
    reference: ImageReference,
    options?: CallOptions & { readonly withConfig?: boolean; readonly expected?: ExpectedManifest },
  ): Promise<ManifestDescription | undefined>;
  /** Ask the registry whether it answers and takes our credentials. @throws AUTH_FAILED, REGISTRY_UNREACHABLE, REGISTRY_ERROR */
  probeRegistry(
    reference: ImageReference,
    options: CallOptions & { readonly access: 'pull' | 'push' },
  ): Promise<RegistryProbe>;
  /** Close sockets; the port is done. */
  close(): Promise<void>;
}
