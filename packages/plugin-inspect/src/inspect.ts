import {
  type DockPlugin,
  engineImage,
  type JsonValue,
  parsePluginOptions,
  type PluginOptions,
  type RemoteImage,
} from '@dock/core';
import * as z from '@dock/core/schema';
import { readInspection } from './inspection.js';
import { readRegistryInspection } from './registry-inspection.js';

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
          const { engine, registry, spec, signal } = context;
          const inspection =
            image.place.kind === 'registry'
              ? await readRegistryInspection(registry, image as RemoteImage, spec.bases, layers, signal)
              : await readInspection(engine, engineImage(image, `Plugin "${name}"`), spec.bases, layers, signal);
          context.report(inspection as unknown as JsonValue);
        },
        { stage: late },
      );
    },
  };
}
