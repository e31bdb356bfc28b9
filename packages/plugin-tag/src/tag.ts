import type { DockPlugin } from '@dock/core';
import { parseTagOptions, type TagOptions } from './options.js';
import { resolveReferences } from './resolve-references.js';

/**
 * Gives the image references made from templates, before anything is built, so that preflight and gates know them.
 *
 * @throws CONFIG_INVALID for wrong options
 */
export function tag(options?: TagOptions): DockPlugin {
  const settings = parseTagOptions(options);
  const { name, optional } = settings;
  return {
    name,
    optional,
    apply(dock) {
      dock.hooks.prebuild.tap(name, async (spec, context) => {
        const resolved = await resolveReferences(spec, context, settings);
        context.report(
          resolved.references.map(({ registry, repository, tag: label }) => `${registry}/${repository}:${label}`),
        );
        return resolved;
      });
    },
  };
}
