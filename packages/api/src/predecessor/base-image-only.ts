import { DockError, type DockPlugin } from '@dock/core';

/** Ends a run after its base images are here: the "built" image is the base of the last stage. */
export function baseImageOnly(): DockPlugin {
  return {
    name: 'dock:base-image-only',
    apply(dock) {
      dock.hooks.build.tap('dock:base-image-only', (spec, { engine, signal }) => {
        const base = spec.bases.findLast(({ use }) => use === 'from');
        if (base === undefined)
          throw new DockError('IMAGE_NOT_FOUND', `The Dockerfile "${spec.dockerfile.path}" has no base image.`, {
            hint: 'It is built from scratch; there is nothing to pull or to inspect.',
          });
        return engine.builtImage(base.id ?? base.text, { signal });
      });
    },
  };
}
