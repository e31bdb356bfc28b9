import { isDockError, type PlatformImage } from '@dock/core';
import { readManifest, type RegistryManifest } from '@dock/registry';
import type { ControlClient, ControlScope } from '../control/control-client.js';
import { BrokenCall, CallFailure } from '../rpc/call-failure.js';
import type { BuildAnswer } from './status-reader.js';

/** Largest manifest or index, bytes: what registries take. */
const manifestLimit = 4 * 1024 * 1024;

/**
 * What the builder says of an index that it has just made, with the platforms in it, read from its own store. Builders before BuildKit 0.11 do not show what
 * they hold: then there are none.
 */
export async function withPlatforms(
  answer: BuildAnswer,
  control: Pick<ControlClient, 'content'>,
  scope: ControlScope = {},
): Promise<BuildAnswer> {
  if (answer.isIndex !== true || answer.imageId === undefined) return answer;
  const platforms = await storedPlatforms(control, answer.imageId, scope);
  return platforms === undefined ? answer : { ...answer, platforms };
}

/** The images of an index, attestations left out; `undefined` where the builder does not show them. */
async function storedPlatforms(
  control: Pick<ControlClient, 'content'>,
  digest: string,
  scope: ControlScope,
): Promise<readonly PlatformImage[] | undefined> {
  const read = async (each: string): Promise<RegistryManifest> =>
    readManifest(await control.content(each, manifestLimit, scope), {
      registry: 'the builder',
      subject: `"${each}"`,
      contentType: '',
      askedDigest: each,
    });
  try {
    const index = await read(digest);
    const found = await Promise.all(
      index.platforms.map(async ({ platform, digest: manifestDigest }) => {
        const { configDigest } = await read(manifestDigest);
        return configDigest === undefined ? [] : [{ platform, configDigest, manifestDigest }];
      }),
    );
    return found.length > 0 && found.every((each) => each.length === 1) ? found.flat() : undefined;
  } catch (error) {
    // There are other ways to know. Bytes that are not those of their digest are worse than none.
    const isSilent = (error instanceof CallFailure && !(error instanceof BrokenCall)) || error instanceof RangeError;
    if (isSilent || (isDockError(error) && error.code === 'REGISTRY_ERROR')) return undefined;
    throw error;
  }
}
