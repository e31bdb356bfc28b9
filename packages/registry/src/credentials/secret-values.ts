import type { RegistryCredential } from '@dock/core';

/** Every secret of a credential, for the masking sink: password, tokens, and the `user:password` pair in base64. */
export function secretValues(credential: RegistryCredential): string[] {
  const { username, password, identityToken, registryToken } = credential;
  const pair = password === undefined || password === '' ? undefined : `${username ?? ''}:${password}`;
  const basic = pair === undefined ? undefined : Buffer.from(pair, 'utf8').toString('base64');
  return [password, identityToken, registryToken, basic]
    .filter((value) => value !== undefined)
    .filter((value) => value !== '');
}
