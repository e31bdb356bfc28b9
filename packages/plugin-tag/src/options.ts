import { DockError, parsePluginOptions, type PluginOptions, registryPlacePattern, registryPlaceRule } from '@dock/core';
import * as z from '@dock/core/schema';
import { parseTemplate, type Template } from './parse-template.js';

/** Options of `tag()`. */
export interface TagOptions extends PluginOptions {
  /** Templates of names that are made once and stay: `registry.example.com/team/app:{package.version}`. */
  readonly references?: readonly string[];
  /** Templates of names that move from build to build: `…/app:latest`. Pushed after all others. */
  readonly floating?: readonly string[];
  /** `host[:port][/prefix]` entries; each name without a registry of its own is made under each of them. @default none */
  readonly registries?: readonly string[];
  /** Environment variables that templates may use as `{env.NAME}`. @default none */
  readonly env?: readonly string[];
}

const templates = z.array(z.string().min(1)).default([]);
const schema = z.strictObject({
  name: z.string().min(1).default('tag'),
  optional: z.boolean().default(false),
  references: templates,
  floating: templates,
  registries: z.array(z.string().regex(registryPlacePattern, registryPlaceRule)).default([]),
  env: z.array(z.string().regex(/^[A-Za-z_]\w*$/, 'expected the name of a variable')).default([]),
});

/** The options as the plugin uses them: templates read, unique ones first. */
export interface ReadTagOptions {
  readonly name: string;
  readonly optional: boolean;
  readonly references: readonly Template[];
  readonly floating: readonly Template[];
  readonly registries: readonly string[];
  readonly env: readonly string[];
}

/** Variables that make a name this build's own. */
const unique: ReadonlySet<string> = new Set(['run.id', 'git.commit', 'git.short']);

function isUnique({ pieces }: Template): boolean {
  return pieces.some((piece) => 'variable' in piece && unique.has(piece.variable));
}

/** @throws CONFIG_INVALID for a wrong option, and for a template that cannot work in any build */
export function readTagOptions(options: TagOptions): ReadTagOptions {
  const read = parsePluginOptions(schema, options, options.name ?? 'tag');
  if (read.references.length + read.floating.length === 0) {
    throw new DockError(
      'CONFIG_INVALID',
      `In the options of plugin "${read.name}": neither "references" nor "floating" names anything.`,
      {
        hint: 'Write tag({ references: ["registry.example.com/team/app:{git.short}"] }).',
      },
    );
  }
  const parse = (text: string) => parseTemplate(text, read.env);
  const references = read.references.map(parse);
  return {
    ...read,
    references: [...references.filter(isUnique), ...references.filter((template) => !isUnique(template))],
    floating: read.floating.map(parse),
  };
}
