import type { BuildResult } from '@dock/core';
import type { PrivilegedOptions } from '@dock/runner-privileged';
import { type BuildImageHereParameters, buildFromGit } from './build-image-here.js';
import type { Fields } from './check-call.js';
import { containerFields, type ContainerParameters, splitContainer } from './runners/container-parameters.js';

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

const innerEngineFields = {
  mode: 'string',
  cache: 'string',
  load: 'boolean',
  mtu: 'number',
  addressPools: 'array',
  ca: 'string',
  engineArgs: 'strings',
  startTimeoutMs: 'number',
} as const satisfies Fields & Record<keyof InnerEngineParameters, unknown>;

/**
 * Build an image from a git repository, in a build container with an engine of its own. The image is in the registries that it is published to, and with `load` in
 * the host's engine. Plugins come from a config file: objects cannot travel.
 *
 * @throws CONFIG_INVALID for an argument of a wrong type or an unknown key
 */
export async function buildImageInPrivilegedContainer(
  parameters: BuildImageInPrivilegedContainerParameters,
): Promise<BuildResult> {
  const fields = { ...containerFields, ...innerEngineFields } as const;
  return buildFromGit(parameters, [parameters?.image], {
    subject: 'buildImageInPrivilegedContainer',
    fields,
    runner: async (given) => {
      const { privileged } = await import('@dock/runner-privileged');
      return privileged(splitContainer(given) as unknown as PrivilegedOptions);
    },
  });
}
