import { type DockRunner, validate } from '@dock/core';
import { type HostDockerOptions, hostDockerSchema } from './host-docker-options.js';

export type { HostDockerOptions } from './host-docker-options.js';

/**
 * Run the pipeline in a build container that has the socket of the engine it runs on, and nothing else of the host. Whoever can reach that socket is root on
 * the engine's machine; choosing this runner is the consent.
 *
 * @throws CONFIG_INVALID for a wrong option
 */
export function hostDocker(options: HostDockerOptions): DockRunner {
  const checked = validate(hostDockerSchema, options, 'the options of runner "host-docker"');
  return {
    name: 'host-docker',
    options: { ...checked },
    run: async (job, context) => {
      const { runInBuildContainer } = await import('@dock/build-container');
      const { hostDockerProfile } = await import('./host-docker-profile.js');
      return runInBuildContainer(hostDockerProfile(checked), job, context);
    },
  };
}
