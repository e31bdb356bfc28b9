/** What is stored for one registry. Never log it; {@link secretValues} names what has to be masked. */
export interface RegistryCredential {
  /** The host it was asked for: `docker.io`, `registry.example.com:5000`. */
  readonly registry: string;
  readonly username?: string;
  readonly password?: string;
  /** A refresh token that the token server trades for access tokens. */
  readonly identityToken?: string;
  /** A bearer token for the registry itself. */
  readonly registryToken?: string;
  /** Where it comes from, never its value: `credHelpers "x" of ~/.docker/config.json`. */
  readonly origin: string;
}

/** Every secret of a credential, for the masking sink: password, tokens, and the `user:password` pair in base64. */
export function secretValues(credential: RegistryCredential): string[] {
  const { username, password, identityToken, registryToken } = credential;
  const pair = password === undefined || password === '' ? undefined : `${username ?? ''}:${password}`;
  const basic = pair === undefined ? undefined : Buffer.from(pair, 'utf8').toString('base64');
  return [password, identityToken, registryToken, basic]
    .filter((value) => value !== undefined)
    .filter((value) => value !== '');
}
