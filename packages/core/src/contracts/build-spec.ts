import type { SpecOptions } from '../options/spec-options.js';
import type { ImageReference } from './image-reference.js';

/** A name that the image gets. Without a flag it names the image in the engine and is published when the run publishes. */
export interface TargetReference extends ImageReference {
  /** A tag that moves between builds (`latest`, `1`): pushed after all fixed ones, by digest-checked content. */
  readonly isFloating?: boolean;
  /** Names the image in the engine only; never pushed. */
  readonly isLocalOnly?: boolean;
  /** Exists in the engine only while it is pushed. */
  readonly isPublishOnly?: boolean;
}

/** Where a Dockerfile uses an image. */
export type BaseImageUse = 'from' | 'copy-from' | 'mount-from' | 'syntax';

/** An image that the build uses. */
export interface BaseImage {
  readonly use: BaseImageUse;
  /** As written, after ARG resolution. */
  readonly text: string;
  readonly reference: ImageReference;
  /** First line of the instruction, from 1; 0 for a frontend that a build argument names. */
  readonly line: number;
  /** Where it was really taken from, when not `reference`. */
  readonly takenFrom?: ImageReference;
  /** The engine's image ID. */
  readonly id?: string;
  /** `sha256:<hex>` of the manifest or index; absent for a local image. */
  readonly digest?: string;
  /** No registry knows it. */
  readonly isLocalOnly?: boolean;
  /** Whether a registry was asked which image it is, or the engine's own was taken as it is there. */
  readonly origin?: 'registry' | 'local';
  /**
   * How the build is held to that image: by what the text names (its digest, or the private name of an image that only the engine has), or by a source policy
   * of the builder, where no line names it. Absent when nothing holds it.
   */
  readonly pinnedBy?: 'text' | 'alias' | 'policy';
}

/** What a build is asked to do. Plain JSON; taps change it only by returning a new one. */
export interface BuildSpec extends SpecOptions {
  /** Absolute path of the directory that is sent to the engine. */
  readonly contextDir: string;
  readonly dockerfile: {
    /** Absolute path it was read from. */
    readonly path: string;
    /** What is built: may differ from the file after edits by taps. */
    readonly text: string;
  };
  /** The images that the build uses, as far as the Dockerfile tells. */
  readonly bases: readonly BaseImage[];
  /** The names that the image gets. */
  readonly references: readonly TargetReference[];
}
