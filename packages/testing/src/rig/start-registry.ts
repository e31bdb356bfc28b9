import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rigTool } from '../install/tool-wrappers.js';
import { makeSelfSigned, makeServerCertificate } from './certificates.js';
import { htpasswdLine } from './htpasswd.js';
import type { ProcessIdentity } from './process-identity.js';
import { RegistryProcesses } from './registry-processes.js';
import type { RegistryOptions, RegistryRequest, RigRegistry, SharedRigRegistry } from './rig-registry.js';
import { endService, makeServiceDirectory } from './service-directory.js';

/**
 * Starts a private registry on loopback, with its files in a temporary directory.
 *
 * @throws COMMAND_NOT_FOUND with the remedy when the rig is not installed, TIMEOUT with the registry's last lines when it does not come up
 */
export async function startRegistry(options: RegistryOptions = {}): Promise<RigRegistry> {
  return (await startOwnedRegistry(options)).service;
}

/** {@link startRegistry} for an owner other than this process. */
export async function startOwnedRegistry(
  options: RegistryOptions,
  owner?: ProcessIdentity,
): Promise<{ readonly service: RigRegistry; readonly description: RegistryDescription }> {
  const program = rigTool('docker-registry');
  const { auth = 'none', tls = false, isRecording = true, canDelete = true } = options;
  const username = auth === 'none' ? '' : (options.username ?? 'dock');
  const password = auth === 'none' ? '' : (options.password ?? randomBytes(12).toString('hex'));
  const service = makeServiceDirectory('registry', owner);
  const at = (name: string) => join(service.path, name);
  try {
    mkdirSync(at('storage'));
    if (tls) await makeServerCertificate(service.path);
    if (auth === 'basic') writeFileSync(at('htpasswd'), await htpasswdLine(username, password));
    if (auth === 'token') await makeSelfSigned(service.path, 'token', 'dock rig tokens');
    const processes = new RegistryProcesses({
      program,
      service,
      auth,
      tls,
      isRecording,
      canDelete,
      username,
      password,
    });
    const port = await processes.start();
    const description: RegistryDescription = { directory: service.path, port, auth, tls, username, password };
    const registry: RigRegistry = {
      ...registryFacade(description),
      get pid() {
        return processes.pid;
      },
      kill: () => processes.kill(),
      restart: async () => {
        await processes.kill();
        await processes.start();
      },
      stop: () => endService(service.path),
    };
    return { service: registry, description };
  } catch (error) {
    await endService(service.path);
    throw error;
  }
}

/** What another process needs to use a registry. */
export interface RegistryDescription {
  readonly directory: string;
  readonly port: number;
  readonly auth: SharedRigRegistry['auth'];
  readonly tls: boolean;
  readonly username: string;
  readonly password: string;
}

/** A registry from its description. */
export function registryFacade(description: RegistryDescription): SharedRigRegistry {
  const { directory, port, auth, tls, username, password } = description;
  const host = `127.0.0.1:${String(port)}`;
  return {
    host,
    url: `${tls ? 'https' : 'http'}://${host}`,
    auth,
    username,
    password,
    ...(tls ? { caFile: join(directory, 'ca.crt') } : {}),
    storage: join(directory, 'storage'),
    dockerConfig: () => ({
      auths: auth === 'none' ? {} : { [host]: { auth: Buffer.from(`${username}:${password}`).toString('base64') } },
    }),
    // Padded: the engine's decoder takes an unpadded value for no credentials at all.
    registryAuth: () =>
      Buffer.from(JSON.stringify({ username, password, serveraddress: host }))
        .toString('base64')
        .replaceAll('+', '-')
        .replaceAll('/', '_'),
    requests: () => readRequests(join(directory, 'requests.ndjson')),
  };
}

function readRequests(file: string): RegistryRequest[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter(Boolean).map((line) => JSON.parse(line) as RegistryRequest);
}
