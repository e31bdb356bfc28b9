import { DockError } from '@dock/core';
import { createRegistryCalls, type RegistryCallOptions, type RegistryClientOptions } from './registry-calls.js';

/** Rights on one repository. */
export interface RepositoryAccess {
  /** Path in the registry: `library/busybox`. */
  readonly repository: string;
  readonly actions: readonly ('pull' | 'push')[];
}

const answerLimit = 1024 * 1024;

/**
 * A token of a registry for somebody else, who gets no password by it. It comes from the realm that the registry itself names, whoever says what.
 *
 * @returns undefined for a registry that asks for none
 * @throws AUTH_FAILED for one that takes passwords only, REGISTRY_UNREACHABLE, REGISTRY_ERROR, CREDENTIAL_HELPER_FAILED, CANCELLED
 */
export async function fetchRegistryToken(
  registry: string,
  accesses: readonly RepositoryAccess[],
  options: RegistryClientOptions & RegistryCallOptions,
): Promise<string | undefined> {
  const scope = accesses.map(({ repository, actions }) => `repository:${repository}:${actions.join(',')}`).join(' ');
  const access = {
    registry,
    subject: 'a token for the builder',
    ...(scope === '' ? {} : { scope }),
    prefersChallengeScope: false,
  };
  const { call } = createRegistryCalls(options);
  return call(registry, options, async (session) => {
    const ask = async (path: string) => session.request({ method: 'GET', path, maxBytes: answerLimit, access });
    await ask('/v2/');
    const [first] = accesses;
    // Some ask only where there is something to see.
    if (session.authorization() === undefined && first !== undefined)
      await ask(`/v2/${first.repository}/tags/list?n=1`);
    const authorization = session.authorization();
    if (authorization?.scheme !== 'basic') return authorization?.token;
    throw new DockError('AUTH_FAILED', `Registry "${registry}" takes passwords only, and gives no tokens.`);
  });
}
