import { type DockPlugin, engineImage, type JsonValue, parsePluginOptions, type PluginOptions } from '@dock/core';
import * as z from '@dock/core/schema';
import { readInspection } from './inspection.js';

/** Options of `inspect()`. */
export interface InspectOptions extends PluginOptions {
  /** Read the layers and their sizes. @default true */
  readonly layers?: boolean;
}

const schema = z.strictObject({
  name: z.string().min(1).default('inspect'),
  optional: z.boolean().default(false),
  layers: z.boolean().default(true),
});

/** After the taps that change what the image is called. */
const late = 1000;

/**
 * Put what is in the built image and its bases into the result.
 *
 * @throws CONFIG_INVALID
 */
export function inspect(options: InspectOptions = {}): DockPlugin {
  const { name, optional, layers } = parsePluginOptions(schema, options, options.name ?? 'inspect');
  return {
    name,
    optional,
    apply({ hooks }) {
      hooks.postbuild.tap(
        name,
        async (_references, image, context) => {
          const { engine, spec, signal } = context;
          const own = engineImage(image, `Plugin "${name}"`);
          const inspection = await readInspection(engine, own, spec.bases, layers, signal);
          context.report(inspection as unknown as JsonValue);
        },
        { stage: late },
      );
    },
  };
}
