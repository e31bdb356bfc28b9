import type { BuildResult } from '@dock/core';
import type { HostDockerOptions } from '@dock/runner-host-docker';
import { type BuildImageHereParameters, buildFromGit } from './build-image-here.js';
import { callKinds } from './check-call.js';
import { containerSchemas, type ContainerParameters, splitContainer } from './runners/container-parameters.js';

/** Parameters of {@link buildImageUsingHostsDocker}: those of a build here, and those of the build container. */
export interface BuildImageUsingHostsDockerParameters
  extends Omit<BuildImageHereParameters, 'plugins' | 'runner'>,
    ContainerParameters,
    Pick<HostDockerOptions, 'socketPath'> {}

/**
 * Build an image from a git repository, in a build container that uses the host's engine. Plugins come from a config file: objects cannot travel.
 *
 * @throws CONFIG_INVALID for an argument of a wrong type or an unknown key
 */
export async function buildImageUsingHostsDocker(
  parameters: BuildImageUsingHostsDockerParameters,
): Promise<BuildResult> {
  return buildFromGit(parameters, [parameters?.image], {
    subject: 'buildImageUsingHostsDocker',
    schemas: (z) => ({ ...containerSchemas(z), socketPath: callKinds(z).text }),
    runner: async (given) => {
      const { hostDocker } = await import('@dock/runner-host-docker');
      return hostDocker(splitContainer(given) as unknown as HostDockerOptions);
    },
  });
}
