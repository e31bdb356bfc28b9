import { DockError, type DockPlugin, engineImage, parsePluginOptions, type PluginOptions } from '@dock/core';
import { z } from 'zod';

export interface SizeLimitOptions extends PluginOptions {
  /** Bytes that the image may have. */
  readonly maxBytes: number;
}

const schema = z.strictObject({
  name: z.string().min(1).default('size-limit'),
  optional: z.boolean().default(false),
  maxBytes: z.number().int().positive(),
});

/** A gate: an image over `maxBytes` is not published. */
export function sizeLimit(options: SizeLimitOptions): DockPlugin {
  const { name, optional, maxBytes } = parsePluginOptions(schema, options, 'size-limit');
  return {
    name,
    optional,
    apply(dock) {
      dock.hooks.prepublish.tap(name, async (image, context) => {
        const { id } = engineImage(image, `Plugin "${name}"`);
        const details = await context.engine.inspectImage(id, { signal: context.signal });
        if (details === undefined) throw new DockError('IMAGE_NOT_FOUND', `The image "${id}" is gone.`);
        context.report({ size: details.size, maxBytes });
        if (details.size > maxBytes) {
          throw new DockError('GATE_FAILED', `The image has ${details.size} bytes; "${name}" allows ${maxBytes}.`, {
            hint: 'Remove what the image does not need, or raise maxBytes.',
          });
        }
      });
    },
  };
}
