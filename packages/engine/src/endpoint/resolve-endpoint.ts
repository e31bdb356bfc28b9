import path from 'node:path';
import { DockError } from '@dock/core';
import { dockerConfigDir, readDockerConfig, type DockerHome, type TlsPems } from '@dock/registry';
import { readContext } from './context-store.js';
import type { EndpointTls, EngineEndpoint } from './engine-endpoint.js';
import { parseGoUrl } from '@dock/core/internal';
import { hasPassword, parseHost, printableHost } from './parse-host.js';
import { parseSshUrl, quoteWord, sshArguments } from './ssh-url.js';
import { endpointTls, readEnvironmentTls } from './tls-files.js';

/** What decides which engine is used. */
export interface EndpointRequest extends DockerHome {
  /** `--host`. */
  readonly host?: string;
  /** `--context`. */
  readonly context?: string;
  /** Base of a relative socket path. @default the working directory of the process */
  readonly cwd?: string;
}

type Choice =
  | { readonly context: string; readonly origin: string }
  | { readonly host: string; readonly origin: string };

const isSet = (value: string | undefined): value is string => value !== undefined && value !== '';

/** The rule of docker/cli: `--context` and `--host` exclude each other, then flag, `DOCKER_HOST`, `DOCKER_CONTEXT`, current context. */
async function choose(request: EndpointRequest): Promise<Choice> {
  const { host, context, env } = request;
  if (host !== undefined && isSet(context))
    throw new DockError(
      'ENDPOINT_INVALID',
      `"--host" and "--context" exclude each other ("${printableHost(host)}" and "${context}").`,
      {
        hint: 'Give one of the two.',
      },
    );
  if (isSet(context) && context !== 'default') return { context, origin: 'flag --context' };
  if (host !== undefined) return { host, origin: 'flag --host' };
  if (isSet(env.DOCKER_HOST)) return { host: env.DOCKER_HOST, origin: 'DOCKER_HOST' };
  if (isSet(context)) return { host: '', origin: 'default' };
  if (isSet(env.DOCKER_CONTEXT)) {
    if (env.DOCKER_CONTEXT === 'default') return { host: '', origin: 'default' };
    return { context: env.DOCKER_CONTEXT, origin: 'DOCKER_CONTEXT' };
  }
  const { currentContext, displayName } = await readDockerConfig(request);
  if (currentContext === undefined || currentContext === 'default') return { host: '', origin: 'default' };
  return { context: currentContext, origin: `current context "${currentContext}" of ${displayName}` };
}

/** Any value that is not empty asks for TLS, also `0` and `false`: so does the docker CLI. */
function tlsVariable(env: DockerHome['env']): 'DOCKER_TLS_VERIFY' | 'DOCKER_TLS' | undefined {
  if (isSet(env.DOCKER_TLS_VERIFY)) return 'DOCKER_TLS_VERIFY';
  return isSet(env.DOCKER_TLS) ? 'DOCKER_TLS' : undefined;
}

function unsupported(url: string, origin: string): DockError | undefined {
  const scheme = url.slice(0, url.indexOf('://'));
  if (scheme === 'unix' || scheme === 'tcp') return undefined;
  const message = `engine endpoint "${printableHost(url)}" (${origin}) uses "${scheme}://", which dock does not speak`;
  if (scheme !== 'ssh')
    return new DockError('ENDPOINT_INVALID', message, { hint: 'Use unix:///path/to/docker.sock or tcp://host:port.' });
  try {
    const ssh = parseSshUrl(url);
    const isDefaultPath = ssh.path === undefined || /^\/*$/.test(ssh.path);
    const socket = isDefaultPath ? '/var/run/docker.sock' : (ssh.path ?? '');
    const forward = `ssh -nNT -L "$HOME/docker-forward.sock":${quoteWord(socket)} ${sshArguments(ssh).join(' ')}`;
    return new DockError('ENDPOINT_INVALID', message, {
      hint: `Forward the socket with: ${forward} — then use --host "unix://$HOME/docker-forward.sock".`,
    });
  } catch (error) {
    const why = hasPassword(url)
      ? 'a password is not supported'
      : error instanceof Error
        ? error.message
        : String(error);
    return new DockError('ENDPOINT_INVALID', `${message}: ${why}.`, {
      hint: 'Forward the socket with "ssh -L /path/local.sock:/var/run/docker.sock host" and use --host unix:///path/local.sock.',
    });
  }
}

function tcpAddress(url: string, given: string, origin: string): { hostname: string; port: number } {
  const { hostname, port } = parseGoUrl(url);
  const fail = (why: string): DockError =>
    new DockError('ENDPOINT_INVALID', `Engine endpoint "${printableHost(given)}" (${origin}) ${why}.`, {
      hint: 'Use tcp://host:port and nothing else.',
    });
  if (Number(port) < 1 || Number(port) > 65_535) throw fail(`has the impossible port "${port}"`);
  const rest = given.slice(given.indexOf('://') === -1 ? 0 : given.indexOf('://') + 3);
  // The docker CLI drops user, query and fragment without a word.
  const extra = /[/@?#]/.exec(rest.replace(/\/$/, ''));
  if (extra !== null) throw fail(`has more than host and port ("${extra[0]}")`);
  return { hostname, port: Number(port) };
}

function apiVersion(env: DockerHome['env']): { apiVersion?: string } {
  const value = env.DOCKER_API_VERSION;
  if (!isSet(value)) return {};
  if (!/^v?\d{1,3}\.\d{1,3}$/.test(value))
    throw new DockError(
      'API_VERSION_UNSUPPORTED',
      `DOCKER_API_VERSION is ${JSON.stringify(value)}, which is not a version like "1.41".`,
    );
  return { apiVersion: value.replace(/^v/, '') };
}

async function environmentTls(
  request: EndpointRequest,
  hostname: string,
  url: string,
): Promise<EndpointTls | undefined> {
  const { env } = request;
  const variable = tlsVariable(env);
  if (variable !== undefined) {
    const dir = isSet(env.DOCKER_CERT_PATH) ? env.DOCKER_CERT_PATH : dockerConfigDir(request);
    return endpointTls(await readEnvironmentTls(dir, variable), variable === 'DOCKER_TLS_VERIFY', hostname);
  }
  // The docker CLI would speak plain http here and ignore the certificates.
  if (isSet(env.DOCKER_CERT_PATH))
    throw new DockError('ENDPOINT_INVALID', `DOCKER_CERT_PATH is set for "${url}", but nothing asks for TLS.`, {
      hint: 'Set DOCKER_TLS_VERIFY=1, or unset DOCKER_CERT_PATH for plain http.',
    });
  return undefined;
}

function contextTls(files: TlsPems, skipVerify: boolean, hostname: string): EndpointTls | undefined {
  const hasFiles = files.ca !== undefined || files.cert !== undefined;
  return hasFiles || skipVerify ? endpointTls(files, !skipVerify, hostname) : undefined;
}

/**
 * Find the engine as the docker CLI does: `--host` or `--context` > `DOCKER_HOST` > `DOCKER_CONTEXT` > current context of
 * `config.json` > `unix:///var/run/docker.sock`. `DOCKER_TLS_VERIFY`, `DOCKER_TLS` and `DOCKER_CERT_PATH` apply to hosts, not to
 * contexts (these have their own), and not to unix sockets. Stricter than the CLI where that would be plain http by surprise: half a
 * client certificate, or `DOCKER_CERT_PATH` alone, is refused.
 *
 * @throws ENDPOINT_INVALID for a bad or unsupported host, an unknown context, missing or broken TLS files
 * @throws API_VERSION_UNSUPPORTED when `DOCKER_API_VERSION` is not a version
 * @throws CONFIG_ERROR when `config.json` had to be read and is broken
 */
export async function resolveEndpoint(request: EndpointRequest): Promise<EngineEndpoint> {
  const choice = await choose(request);
  const stored =
    'context' in choice ? await readContext(dockerConfigDir(request), choice.context, choice.origin) : undefined;
  const isEnvironmentTls = stored === undefined && tlsVariable(request.env) !== undefined;
  const given = (stored?.host ?? ('host' in choice ? choice.host : '')).trim();
  // The docker CLI would take a bare path for the path of a tcp host, which no engine answers at.
  const url = parseHost(/^\.?\//.test(given) ? `unix://${given}` : given, isEnvironmentTls);
  const isLocalTls = given === '' && isEnvironmentTls && choice.origin === 'default';
  const origin = isLocalTls ? (tlsVariable(request.env) ?? choice.origin) : choice.origin;
  const refused = unsupported(url, origin);
  if (refused !== undefined) throw refused;
  const common = {
    url,
    origin,
    ...(stored === undefined ? {} : { context: stored.name }),
    ...apiVersion(request.env),
  };
  if (url.startsWith('unix://')) {
    const socket = url.slice('unix://'.length);
    return { kind: 'unix', socketPath: path.resolve(request.cwd ?? '.', socket), ...common };
  }
  const address = tcpAddress(url, given, origin);
  const tls =
    stored === undefined
      ? await environmentTls(request, address.hostname, url)
      : contextTls(stored.tls, stored.skipTlsVerify, address.hostname);
  return { kind: 'tcp', ...address, ...(tls === undefined ? {} : { tls }), ...common };
}
