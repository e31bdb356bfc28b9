import { credentialKey, isDockerHub, dockerHubKey } from './registry-host.js';
import type { RegistryCredential } from '@dock/core';

/** Go's `base64.URLEncoding`: url-safe letters and padding. The daemon ignores what it cannot decode and goes on anonymously. */
function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value), 'utf8').toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

function authConfig(credential: RegistryCredential): Readonly<Record<string, string>> {
  const { registry, username, password, identityToken, registryToken } = credential;
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(identityToken === undefined ? {} : { identitytoken: identityToken }),
    ...(registryToken === undefined ? {} : { registrytoken: registryToken }),
    serveraddress: isDockerHub(registry) ? dockerHubKey : registry,
  };
}

/** The `X-Registry-Auth` header of a pull or push: one credential; without one, the empty object that the engine expects. */
export function encodeRegistryAuth(credential?: RegistryCredential): string {
  return encode(credential === undefined ? {} : authConfig(credential));
}

/** The `X-Registry-Config` header of a classic build: credentials keyed by host, Docker Hub by its own key. */
export function encodeRegistryConfig(credentials: readonly RegistryCredential[]): string {
  return encode(Object.fromEntries(credentials.map((each) => [credentialKey(each.registry), authConfig(each)])));
}
