import type { ErrorDocument } from '@dock/core';

/** Something that a run left, or may have left. */
export interface GcItem {
  readonly kind: 'container' | 'volume' | 'network' | 'name' | 'image' | 'directory' | 'note';
  /** ID of a container, network or image; a volume's name, an image's name, path of a directory; what a note says that this version does not know. */
  readonly id: string;
  readonly run: string;
  /** What a labelled object was for. */
  readonly role?: string;
}

/** A run whose process is gone, and whose result was written afterwards. */
export interface RecoveredRun {
  readonly run: string;
  /** Absolute path of its `result.json`. */
  readonly resultFile: string;
}

/** What `dock gc` did. */
export interface GcReport {
  readonly v: 1;
  readonly status: 'ok' | 'failed';
  readonly exitStatus: number;
  /** Nothing was touched: `removed` and `recovered` are what would be. */
  readonly isDryRun: boolean;
  readonly removed: readonly GcItem[];
  /** Left alone, and why. */
  readonly kept: readonly (GcItem & { readonly why: string })[];
  readonly failed: readonly (GcItem & { readonly why: string })[];
  readonly recovered: readonly RecoveredRun[];
  /** The first failure. */
  readonly error?: ErrorDocument;
}
