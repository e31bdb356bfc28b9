/// <reference types="node" preserve="true" />
export type { ManifestPlatform, RegistryManifest } from './client/manifest.js';
export { readManifest } from './client/manifest.js';
export {
  createRegistryClient,
  type PingOptions,
  type RegistryClient,
  type RegistryPing,
} from './client/registry-client.js';
export type { RegistryCallOptions, RegistryClientOptions } from './client/registry-calls.js';
export { fetchRegistryToken, type RepositoryAccess } from './client/fetch-token.js';
export { createRegistryPort } from './port/create-registry-port.js';
export { retryableStatuses, retryAfterMs, unknownCaHint } from './client/registry-error.js';
export {
  type CredentialStore,
  type CredentialStoreOptions,
  createCredentialStore,
} from './credentials/credential-store.js';
export {
  displayPath,
  dockerConfigDir,
  type DockerHome,
  parseSecretJson,
  readDockerConfig,
} from './credentials/docker-config.js';
export { readDockerProxies } from './credentials/docker-proxies.js';
export {
  type CredentialSource,
  findCredential,
  type FoundCredential,
  type RegistryAccess,
  registryAccess,
  tryCredential,
  withheld,
} from './credentials/registry-access.js';
export { registryFailure, registryFailureCode } from './failure/registry-failure.js';
export { encodeRegistryAuth, encodeRegistryConfig } from './credentials/registry-auth-header.js';
export { dockerHubKey, isDockerHub, registryMatches } from './credentials/registry-host.js';
export { secretValues } from './credentials/secret-values.js';
export { tlsFault, type TlsFault } from './tls/tls-fault.js';
export { checkTlsPems, type PemNames, type TlsPems } from './tls/tls-pems.js';
