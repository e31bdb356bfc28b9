import type { BuildResult, SchemaBuilders } from '@dock/core';
import type { PrivilegedOptions } from '@dock/runner-privileged';
import { type BuildImageHereParameters, buildFromGit } from './build-image-here.js';
import { callKinds, type CallSchemas } from './check-call.js';
import { containerSchemas, type ContainerParameters, splitContainer } from './runners/container-parameters.js';

/** What the engine inside can be told. */
type InnerEngineParameters = Pick<
  PrivilegedOptions,
  'mode' | 'cache' | 'load' | 'mtu' | 'addressPools' | 'ca' | 'engineArgs' | 'startTimeoutMs'
>;

/** Parameters of {@link buildImageInPrivilegedContainer}: those of a build here, and those of the build container and its engine. */
export interface BuildImageInPrivilegedContainerParameters
  extends Omit<BuildImageHereParameters, 'plugins' | 'runner'>,
    ContainerParameters,
    InnerEngineParameters {}

function innerEngineSchemas(z: SchemaBuilders): CallSchemas<keyof InnerEngineParameters> {
  const { text, texts, number, boolean, list } = callKinds(z);
  return {
    ...{ mode: text, cache: text, load: boolean, mtu: number, addressPools: list },
    ...{ ca: text, engineArgs: texts, startTimeoutMs: number },
  };
}

/**
 * Build an image from a git repository, in a build container with an engine of its own. The image is in the registries that it is published to, and with `load` in
 * the host's engine. Plugins come from a config file: objects cannot travel.
 *
 * @throws CONFIG_INVALID for an argument of a wrong type or an unknown key
 */
export async function buildImageInPrivilegedContainer(
  parameters: BuildImageInPrivilegedContainerParameters,
): Promise<BuildResult> {
  return buildFromGit(parameters, [parameters?.image], {
    subject: 'buildImageInPrivilegedContainer',
    schemas: (z) => ({ ...containerSchemas(z), ...innerEngineSchemas(z) }),
    runner: async (given) => {
      const { privileged } = await import('@dock/runner-privileged');
      return privileged(splitContainer(given) as unknown as PrivilegedOptions);
    },
  });
}
