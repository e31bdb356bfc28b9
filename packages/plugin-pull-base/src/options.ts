import { parsePluginOptions, type PluginOptions } from '@dock/core';
import { z } from 'zod';

/** What {@link pullBase} takes. */
export interface PullBaseOptions extends PluginOptions {
  /**
   * `always`: use what the registry has now. `if-not-present`: ask only for what the engine does not have. `never`: no registry is asked.
   *
   * @default 'always'
   */
  readonly policy?: 'always' | 'if-not-present' | 'never';
  /** Registry (`host[:port][/prefix]`) that every base is taken from, under its own repository name. */
  readonly parentRegistry?: string;
  /** Registries that bases may come from. @default any */
  readonly allowedRegistries?: readonly string[];
}

const registry = z.string().regex(/^[A-Za-z0-9.[\]:-]+(?:\/[a-z0-9._/-]+)?$/, 'expected host[:port][/prefix]');

const schema = z.strictObject({
  name: z.string().min(1).default('pull-base'),
  optional: z.boolean().default(false),
  policy: z.enum(['always', 'if-not-present', 'never']).default('always'),
  parentRegistry: registry.optional(),
  allowedRegistries: z.array(registry).optional(),
});

/** The options with every default filled in. */
export type Settings = z.output<typeof schema>;

/** @throws CONFIG_INVALID */
export function parsePullBaseOptions(options: PullBaseOptions | undefined): Settings {
  return parsePluginOptions(schema, options, 'pull-base');
}
