import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GitHttpOptions } from './git-http.js';
import { makeRepository } from './git-repository.js';
import type { ProcessIdentity } from './process-identity.js';
import type { GitRequest, GitServerOptions, RigGitServer, SharedRigGitServer } from './rig-git-server.js';
import { endService, makeServiceDirectory } from './service-directory.js';
import { startServiceProcess } from './service-process.js';

/**
 * Starts a git server on loopback (smart http), with its repositories in a temporary directory.
 *
 * @throws COMMAND_NOT_FOUND when the package is not built, TIMEOUT when it does not come up
 */
export async function startGitServer(options: GitServerOptions = {}): Promise<RigGitServer> {
  return (await startOwnedGitServer(options)).service;
}

/** {@link startGitServer} for an owner other than this process. */
export async function startOwnedGitServer(
  options: GitServerOptions,
  owner?: ProcessIdentity,
): Promise<{ readonly service: RigGitServer; readonly description: GitServerDescription }> {
  const service = makeServiceDirectory('git', owner);
  try {
    const root = join(service.path, 'repositories');
    mkdirSync(root);
    const http: GitHttpOptions = { root, requestsFile: join(service.path, 'requests.ndjson'), ...options };
    const { pid, state } = await startServiceProcess<{ port: number }>('git-server', service, http);
    const description: GitServerDescription = {
      directory: service.path,
      port: state.port,
      username: options.auth?.username ?? '',
      password: options.auth?.password ?? '',
    };
    const server = { ...gitServerFacade(description), pid, stop: () => endService(service.path) };
    return { service: server, description };
  } catch (error) {
    await endService(service.path);
    throw error;
  }
}

/** What another process needs to use a git server. */
export interface GitServerDescription {
  readonly directory: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
}

/** A git server from its description. */
export function gitServerFacade(description: GitServerDescription): SharedRigGitServer {
  const { directory, port, username, password } = description;
  const url = `http://127.0.0.1:${String(port)}`;
  const root = join(directory, 'repositories');
  return {
    url,
    username,
    password,
    createRepository: (name, files) => makeRepository({ name, root, serverUrl: url, username, password }, files),
    requests: () => readRequests(join(directory, 'requests.ndjson')),
  };
}

function readRequests(file: string): GitRequest[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter(Boolean).map((line) => JSON.parse(line) as GitRequest);
}
