import { DockError, parsePluginOptions, type PluginOptions } from '@dock/core';
import { z } from 'zod';

/** What {@link tag} takes. */
export interface TagOptions extends PluginOptions {
  /** Templates of references that are made once and stay: `registry.example.com/team/app:{package.version}`. */
  readonly references?: readonly string[];
  /** Templates of references that move from build to build: `…/app:latest`. Pushed after all others. */
  readonly floating?: readonly string[];
  /** Registries (`host[:port][/prefix]`) that every template without a registry of its own is put under. */
  readonly registries?: readonly string[];
  /** Names of environment variables that templates may use as `{env.NAME}`. @default none */
  readonly env?: readonly string[];
}

const templates = z.array(z.string().min(1)).default([]);
const schema = z.strictObject({
  name: z.string().min(1).default('tag'),
  optional: z.boolean().default(false),
  references: templates,
  floating: templates,
  registries: z.array(z.string().min(1)).default([]),
  env: z.array(z.string().regex(/^[A-Za-z_]\w*$/, 'expected the name of a variable')).default([]),
});

/** The options with every default filled in. */
export type Settings = z.output<typeof schema>;

/** @throws CONFIG_INVALID */
export function parseTagOptions(options: TagOptions | undefined): Settings {
  const settings = parsePluginOptions(schema, options, 'tag');
  if (settings.references.length + settings.floating.length === 0) {
    throw new DockError(
      'CONFIG_INVALID',
      'In the options of plugin "tag": neither "references" nor "floating" names anything.',
      {
        hint: 'Write tag({ references: ["registry.example.com/team/app:{git.short}"] }).',
      },
    );
  }
  return settings;
}
