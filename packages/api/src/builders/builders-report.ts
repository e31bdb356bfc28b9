import type { ErrorDocument } from '@dock/core';
import type { UnsupportedOption } from '@dock/core/internal';

/** One node of a builder. */
export interface NodeEntry {
  readonly name: string;
  /** An address, a docker context, a container. */
  readonly endpoint: string;
  readonly status: 'running' | 'stopped' | 'unreachable' | 'unsupported' | 'failed';
  /** BuildKit's, where it tells it. */
  readonly version?: string;
  /** The store of the engine that it belongs to; absent for a BuildKit of its own. */
  readonly store?: 'classic' | 'containerd';
  /** What it builds for: what its user gave to it, then what it has, its own first. */
  readonly platforms: readonly string[];
  /** What it keeps, bytes. */
  readonly diskBytes?: number;
  /** What a build may ask of it, as buildx has stored it. */
  readonly entitlements: readonly string[];
  /** Options that it would drop without a word, so that dock refuses them. */
  readonly cannot: readonly UnsupportedOption[];
  /** Why it cannot be used. */
  readonly error?: ErrorDocument;
}

/** One builder. */
export interface BuilderEntry {
  /** What `--builder` takes. */
  readonly name: string;
  /** `docker`, `docker-container`, `remote`, `kubernetes`; absent where its file cannot be read. */
  readonly driver?: string;
  /** Whether dock builds there without `--builder`. */
  readonly isDefault: boolean;
  /** Whether `docker buildx use` chose it for this engine. */
  readonly isCurrent: boolean;
  readonly nodes: readonly NodeEntry[];
  readonly error?: ErrorDocument;
}

/** What there is to build with. */
export interface BuildersReport {
  readonly v: 1;
  readonly status: 'ok' | 'failed';
  /** 0 when the list is whole, whatever its builders answer; for one builder that was asked for, 0 when it has a node that builds. */
  readonly exitStatus: number;
  readonly builders: readonly BuilderEntry[];
  readonly error?: ErrorDocument;
}
