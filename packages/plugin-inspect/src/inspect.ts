import { type DockPlugin, type JsonValue, parsePluginOptions, type PluginOptions } from '@dock/core';
import { z } from 'zod';
import { readInspection } from './inspection.js';

/** What {@link inspect} takes. */
export interface InspectOptions extends PluginOptions {
  /** Read the layers and their sizes. @default true */
  readonly layers?: boolean;
}

const schema = z.strictObject({
  name: z.string().min(1).default('inspect'),
  optional: z.boolean().default(false),
  layers: z.boolean().default(true),
});

/**
 * Puts what is in the built image and its bases into the result.
 *
 * @throws CONFIG_INVALID for wrong options
 */
export function inspect(options?: InspectOptions): DockPlugin {
  const { name, optional, layers } = parsePluginOptions(schema, options, 'inspect');
  return {
    name,
    optional,
    apply(dock) {
      dock.hooks.postbuild.tap(
        name,
        async (_references, image, context) => {
          const inspection = await readInspection(context.engine, image, context.spec.bases, layers, context.signal);
          if (inspection === undefined) context.warn(`The engine does not know the image ${image.id} any more.`);
          else context.report(inspection as unknown as JsonValue);
        },
        { stage: 1000 },
      );
    },
  };
}
