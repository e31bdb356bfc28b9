import {
  type CallOptions,
  type ImageReference,
  isDockError,
  type RegistryProbe,
  repositoryName,
  withDefaultTag,
} from '@dock/core';
import { engineMessage, engineStatus } from '../transport/engine-error.js';
import { distribution, type ManifestLookup } from './find-manifest.js';
import { registryAccess } from '@dock/registry';
import { registryFailure } from './registry-failure.js';

/**
 * Ask a registry for access before any transfer: directly; where we cannot reach it, by a look-up through the engine, whose network and CA
 * may differ from ours. The engine's look-up proves that the registry answers and takes our credentials, not that it grants a push.
 *
 * @throws AUTH_FAILED, REGISTRY_UNREACHABLE, REGISTRY_ERROR
 */
export async function probeRegistry(
  lookup: ManifestLookup,
  reference: ImageReference,
  { access, ...options }: CallOptions & { readonly access: 'pull' | 'push' },
): Promise<RegistryProbe> {
  const { registry, repository } = reference;
  try {
    const client = await lookup.client(options);
    const ping = await client.ping(registry, { ...options, repository, access });
    return {
      registry,
      hasCredentials: ping.hasCredentials,
      ...(ping.credentialOrigin === undefined ? {} : { credentialOrigin: ping.credentialOrigin }),
      via: 'direct',
    };
  } catch (error) {
    if (!isDockError(error) || error.code !== 'REGISTRY_UNREACHABLE') throw error;
    try {
      return await askEngine(lookup, reference, options);
    } catch (second) {
      if (isDockError(second) && second.code === 'REGISTRY_UNREACHABLE') second.attached.push(error);
      throw second;
    }
  }
}

async function askEngine(
  { connection, source }: ManifestLookup,
  reference: ImageReference,
  options: CallOptions,
): Promise<RegistryProbe> {
  const { registry } = reference;
  const access = await registryAccess(source, registry, options.signal);
  const { tag = 'latest' } = withDefaultTag(reference);
  const name = `${repositoryName(reference)}:${tag}`;
  try {
    await distribution(connection, name, access, { timeoutMs: 30_000, ...options });
  } catch (error) {
    const status = engineStatus(error);
    if (status === undefined) throw error;
    const failure = registryFailure(
      { action: 'look up', reference: name, access, status },
      engineMessage(error),
      error,
    );
    // A name that is not there yet is what a first push expects.
    if (failure.code !== 'IMAGE_NOT_FOUND') throw failure;
  }
  const { credential } = access;
  return {
    registry,
    hasCredentials: credential !== undefined,
    ...(credential === undefined ? {} : { credentialOrigin: credential.origin }),
    via: 'engine',
  };
}
