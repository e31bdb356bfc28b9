import type { ProcessIdentity } from '@dock/core';

/** Something in an engine that carries dock's label. */
export interface LabelledObject {
  readonly kind: 'container' | 'volume' | 'network';
  /** ID of a container or network, name of a volume. */
  readonly id: string;
  /** `io.dock.run`. */
  readonly run: string;
  /** `io.dock.role`. */
  readonly role?: string;
  /** Who made it, as far as the labels say. */
  readonly identity?: ProcessIdentity;
  /** Somebody wants to look into it after the run (`io.dock.keep`). */
  readonly isKept?: true;
  /** ISO 8601, by our own clock; absent where the engine does not say. */
  readonly createdAt?: string;
}
