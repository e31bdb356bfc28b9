import { DockError } from '@dock/core';
import type { HostEngine } from './build-container-profile.js';

/** What dock needs to know of a build image. */
export interface BuildImage {
  /** The image ID: what is started is what was looked at. */
  readonly id: string;
  readonly name: string;
  readonly command: readonly string[];
  readonly entrypoint: readonly string[];
  readonly user: string;
  readonly workingDir: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * The build image, which must be in the engine and fit it. It is never pulled: what runs with an engine's socket is the user's choice.
 *
 * @throws BUILD_IMAGE_NOT_FOUND, BUILD_IMAGE_PLATFORM
 */
export async function checkBuildImage(
  { port, description }: HostEngine,
  name: string,
  options: { readonly signal: AbortSignal },
): Promise<BuildImage> {
  const image = await port.inspectImage(name, options);
  if (image === undefined) {
    throw new DockError('BUILD_IMAGE_NOT_FOUND', `The engine has no build image "${name}".`, {
      hint: `Build it with "dock create-build-image --tag ${name}", or pull it.`,
    });
  }
  const family = (platform: string) => platform.split('/').slice(0, 2).join('/');
  if (family(image.platform) !== family(description.platform)) {
    throw new DockError(
      'BUILD_IMAGE_PLATFORM',
      `The build image "${name}" is for "${image.platform}", and the engine is "${description.platform}".`,
    );
  }
  const { id, command, entrypoint, user, workingDir, labels } = image;
  return { id, name, command, entrypoint, user, workingDir, labels };
}
