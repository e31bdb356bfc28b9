import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { RegistryAuth } from './rig-registry.js';

/** What the registry's configuration is made of. */
export interface RegistryConfigInput {
  readonly directory: string;
  readonly port: number;
  readonly auth: RegistryAuth;
  /** Whether the registry itself speaks TLS. */
  readonly tls: boolean;
  readonly canDelete: boolean;
  /** Address of the token server. */
  readonly realm: string;
}

/** The registry's configuration file. JSON is YAML. */
export function registryConfig(input: RegistryConfigInput): string {
  const at = (name: string) => join(input.directory, name);
  const auth = {
    none: {},
    basic: { auth: { htpasswd: { realm: 'dock-rig', path: at('htpasswd') } } },
    token: {
      auth: {
        token: { realm: input.realm, service: 'dock-rig', issuer: 'dock-rig', rootcertbundle: at('token.crt') },
      },
    },
  }[input.auth];
  return JSON.stringify({
    version: 0.1,
    log: { level: 'info', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: at('storage') },
      delete: { enabled: input.canDelete },
      maintenance: { uploadpurging: { enabled: false } },
    },
    http: {
      addr: `127.0.0.1:${String(input.port)}`,
      relativeurls: true,
      secret: randomBytes(16).toString('hex'),
      ...(input.tls ? { tls: { certificate: at('tls.crt'), key: at('tls.key') } } : {}),
    },
    ...auth,
  });
}
