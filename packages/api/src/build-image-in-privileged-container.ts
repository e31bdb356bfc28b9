import { type BuildResult, DockError } from '@dock/core';
import type { PrivilegedOptions } from '@dock/runner-privileged';
import { type BuildImageHereParameters, buildImageHere } from './build-image-here.js';

/** Options of the runner that are no parameters of the call itself, because a build has others of the same name. */
type ContainerKeys = 'network' | 'dns' | 'addHosts' | 'memory' | 'pidsLimit';

/** Parameters of {@link buildImageInPrivilegedContainer}: those of a build here, and those of the build container and its engine. */
export interface BuildImageInPrivilegedContainerParameters
  extends Omit<BuildImageHereParameters, 'plugins' | 'runner'>,
    Omit<PrivilegedOptions, ContainerKeys> {
  /** Limits and network of the build container itself; those beside it are for the steps of the Dockerfile. */
  readonly container?: Pick<PrivilegedOptions, ContainerKeys>;
}

const runnerKeys = {
  buildImage: true,
  passEnv: true,
  credentials: true,
  pushBuildrootTo: true,
  keep: true,
  mode: true,
  cache: true,
  load: true,
  mtu: true,
  addressPools: true,
  ca: true,
  engineArgs: true,
  startTimeoutMs: true,
} as const satisfies Record<Exclude<keyof PrivilegedOptions, ContainerKeys>, true>;

/**
 * Build an image from a git repository, in a build container with an engine of its own. The image is in the registries that it is published to, and with `load` in
 * the host's engine. The plugins are the standard ones: objects cannot travel.
 *
 * @throws CONFIG_INVALID for an argument of a wrong type or an unknown key
 */
export async function buildImageInPrivilegedContainer(
  parameters: BuildImageInPrivilegedContainerParameters,
): Promise<BuildResult> {
  const { container = {}, ...given } = parameters;
  if ('plugins' in given || 'runner' in given) {
    throw new DockError('CONFIG_INVALID', 'buildImageInPrivilegedContainer takes no "plugins" and no "runner".', {
      hint: 'Name a config file on the command line, or call buildImage with runner: privileged({...}).',
    });
  }
  const entries = Object.entries(given);
  const isOfRunner = ([key]: [string, unknown]) => Object.hasOwn(runnerKeys, key);
  const { privileged } = await import('@dock/runner-privileged');
  const options = { ...Object.fromEntries(entries.filter(isOfRunner)), ...container } as PrivilegedOptions;
  const build = Object.fromEntries(entries.filter((entry) => !isOfRunner(entry))) as Omit<
    BuildImageHereParameters,
    'runner'
  >;
  return buildImageHere({ ...build, runner: privileged(options) });
}
