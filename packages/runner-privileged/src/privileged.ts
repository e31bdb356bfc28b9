import { type DockRunner, validate } from '@dock/core';
import { type PrivilegedOptions, privilegedSchema } from './privileged-options.js';

export type { PrivilegedOptions } from './privileged-options.js';

/**
 * Run the pipeline in a build container that runs an engine of its own: nothing of the build stays on the host but what is published or loaded. Such a
 * container is root on the engine's machine; choosing this runner is the consent.
 *
 * @throws CONFIG_INVALID for a wrong option
 */
export function privileged(options: PrivilegedOptions): DockRunner {
  const checked = validate(privilegedSchema, options, 'the options of runner "privileged"');
  return {
    name: 'privileged',
    options: { ...checked },
    run: async (job, context) => {
      const [{ runInBuildContainer }, { privilegedProfile }] = await Promise.all([
        import('@dock/build-container'),
        import('./privileged-profile.js'),
      ]);
      return runInBuildContainer(privilegedProfile(checked, context.cwd), job, context);
    },
  };
}
