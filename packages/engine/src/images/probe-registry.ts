import {
  type CallOptions,
  type DockError,
  type ErrorCode,
  type ImageReference,
  isDockError,
  isLoopbackHost,
  type RegistryProbe,
  repositoryName,
  withDefaultTag,
} from '@dock/core';
import { registryAccess, registryFailure } from '@dock/registry';
import { engineMessage, engineStatus } from '../transport/engine-error.js';
import { distribution, type ManifestLookup } from './find-manifest.js';

/** Deadline of our own question, ms: the engine can be asked instead. */
const directMs = 10_000;

/** What our own client knows for certain: the registry has refused, or what it wants cannot be had. */
const certain: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['AUTH_FAILED', 'CREDENTIAL_HELPER_FAILED', 'CONFIG_ERROR']);

/**
 * Ask a registry for access before any transfer: directly; where that does not end in an answer of a registry, by a look-up through the engine,
 * whose network, CA, proxy and idea of a registry are those that a push has. On loopback even a refusal is asked again: the port may lead to
 * another machine there. The engine's look-up proves that the registry answers and takes our credentials, not that it grants a push.
 *
 * @throws AUTH_FAILED, REGISTRY_UNREACHABLE, REGISTRY_ERROR, CREDENTIAL_HELPER_FAILED
 */
export async function probeRegistry(
  lookup: ManifestLookup,
  reference: ImageReference,
  { access, ...options }: CallOptions & { readonly access: 'pull' | 'push' },
): Promise<RegistryProbe> {
  const { registry, repository } = reference;
  if (!lookup.isSharedPlace(registry)) return askEngine(lookup, reference, options);
  let direct: DockError;
  try {
    const client = await lookup.client(options);
    const ping = await client.ping(registry, { timeoutMs: directMs, ...options, repository, access });
    return {
      registry,
      hasCredentials: ping.hasCredentials,
      ...(ping.credentialOrigin === undefined ? {} : { credentialOrigin: ping.credentialOrigin }),
      via: 'direct',
    };
  } catch (error) {
    if (!isDockError(error) || error.code === 'CANCELLED') throw error;
    if (certain.has(error.code) && !isLoopbackHost(registry)) throw error;
    direct = error;
  }
  try {
    return await askEngine(lookup, reference, options, direct);
  } catch (second) {
    if (!isDockError(second) || second.code === 'CANCELLED') throw second;
    // Both were refused: ours tells more of the credentials.
    if (second.code === 'AUTH_FAILED' && certain.has(direct.code)) throw direct;
    if (second.code !== 'AUTH_FAILED') second.attached.push(direct);
    throw second;
  }
}

/** What keeps a push from being worth its build: everything else that a look-up may come to says nothing of a push. */
const blocking: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'AUTH_FAILED',
  'CREDENTIAL_HELPER_FAILED',
  'REGISTRY_UNREACHABLE',
]);

/** A look-up reads, and an account may have the right to push alone: only who was not recognised at all is refused for certain. */
function isAboutReading({ code, details, message }: DockError): boolean {
  return (
    code === 'AUTH_FAILED' &&
    details?.['credentialsSent'] === true &&
    /denied|forbidden|insufficient_scope/i.test(message)
  );
}

async function askEngine(
  { connection, source }: ManifestLookup,
  reference: ImageReference,
  options: CallOptions,
  direct?: DockError,
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
    const isBusy = failure.code === 'REGISTRY_ERROR' && failure.retryable && failure.details?.['status'] !== undefined;
    const isOpen = isAboutReading(failure) && (direct === undefined || !certain.has(direct.code));
    if (isBusy || (blocking.has(failure.code) && !isOpen)) throw failure;
  }
  const { credential } = access;
  return {
    registry,
    hasCredentials: credential !== undefined,
    ...(credential === undefined ? {} : { credentialOrigin: credential.origin }),
    via: 'engine',
  };
}
