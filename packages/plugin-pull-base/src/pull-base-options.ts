import { type PluginOptions, registryPlacePattern, registryPlaceRule } from '@dock/core';
import * as z from '@dock/core/schema';

/** When registries are asked for base images. */
export type PullPolicy = 'always' | 'if-not-present' | 'never';

/** Options of `pullBase()`. */
export interface PullBaseOptions extends PluginOptions {
  /** `always` asks for every base, `if-not-present` only for those that the engine lacks, `never` for none. @default 'if-not-present' */
  readonly policy?: PullPolicy;
  /** `host[:port][/prefix]` that the bases without a registry of their own are taken from. */
  readonly parentRegistry?: string;
  /** `host[:port][/prefix]` entries; a base from anywhere else is refused. The parent registry is always allowed. @default no limit */
  readonly allowedRegistries?: readonly string[];
  /** Build from `name@sha256:…` also where the engine's own image is used, and warn of a base that has no digest. @default false */
  readonly pinBase?: boolean;
}

const registry = z.string().regex(registryPlacePattern, registryPlaceRule);

/** The options with their defaults. */
export const pullBaseOptionsSchema = z.strictObject({
  name: z.string().min(1).default('pull-base'),
  optional: z.boolean().default(false),
  policy: z.enum(['always', 'if-not-present', 'never']).default('if-not-present'),
  parentRegistry: registry.optional(),
  allowedRegistries: z.array(registry).min(1).optional(),
  pinBase: z.boolean().default(false),
});

/** The options as the plugin uses them. */
export type ReadPullBaseOptions = z.output<typeof pullBaseOptionsSchema>;
