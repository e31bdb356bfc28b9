import type { BuilderTlsFiles } from '@dock/core/internal';

/** Where a node is, before anybody has asked it. */
export type NodePlace =
  /** The BuildKit of an engine, which is named by a docker context or an address; without one it is the engine of the caller. */
  | { readonly kind: 'engine'; readonly engine?: string }
  /** A container on such an engine. `boot`: the command that makes it. */
  | { readonly kind: 'container'; readonly engine?: string; readonly container: string; readonly boot?: string }
  | { readonly kind: 'unix'; readonly socketPath: string }
  | {
      readonly kind: 'tcp';
      /** Without brackets. */
      readonly hostname: string;
      readonly port: number;
      /** Absent: without TLS. */
      readonly tls?: BuilderTlsFiles;
    }
  /** dock does not go there. */
  | { readonly kind: 'unsupported'; readonly why: string; readonly hint?: string };

/** A node of a builder, before anybody has asked it. */
export interface NodeDescription {
  readonly name: string;
  /** For messages and lists: an address, a context, a container. */
  readonly endpoint: string;
  readonly place: NodePlace;
  /** Platforms that its user gave to it, `os/arch[/variant]`; they come before those that it has. */
  readonly platforms: readonly string[];
  /** What a build may ask of it: entitlements that its daemon was started with. */
  readonly entitlements: readonly string[];
}

/** A builder, before anybody has asked it. */
export interface BuilderDescription {
  /** What it is called: a name of buildx's, a docker context, or the word that names it by address or container. */
  readonly name: string;
  /** As buildx calls it: `docker`, `docker-container`, `remote`, `kubernetes`. */
  readonly driver: string;
  readonly nodes: readonly NodeDescription[];
}
