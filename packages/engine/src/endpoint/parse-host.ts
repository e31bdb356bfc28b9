import { DockError } from '@dock/core';
import { joinHostPort, parseGoUrl, splitHostPort } from '@dock/core/internal';

const defaultSocket = '/var/run/docker.sock';
const defaultPipe = '//./pipe/docker_engine';
const defaultHost = 'localhost';
const defaultPort = '2375';
const defaultTlsPort = '2376';

/** Scheme, what stands before the last "@", and the rest. */
const withUserinfo = /^((?:[^:/@]*:\/\/)?)(.*)@([^@]*)$/s;

/** Whether a host seems to carry a password; even a malformed one is then never quoted. */
export function hasPassword(host: string): boolean {
  return withUserinfo.exec(host)?.[2]?.includes(':') === true;
}

/** A host as it may stand in a message: a password in it is hidden. */
export function printableHost(host: string): string {
  const shown = hasPassword(host) ? host.replace(withUserinfo, '$1xxxxx@$3') : host;
  return JSON.stringify(shown).slice(1, -1);
}

function refuse(host: string, why: string): DockError {
  const reason = hasPassword(host) ? 'it carries a password' : why;
  return new DockError('ENDPOINT_INVALID', `Engine host "${printableHost(host)}" is not valid: ${reason}.`, {
    hint: 'Use unix:///path/to/docker.sock or tcp://host:port.',
  });
}

function parseSocket(scheme: 'unix' | 'npipe', address: string, fallback: string): string {
  if (address.includes('://')) throw refuse(address, `expected ${scheme}://`);
  return `${scheme}://${address === '' ? fallback : address}`;
}

function splitTcp(address: string): { hostname: string; port: string; path: string } {
  try {
    const url = parseGoUrl(`tcp://${address.endsWith(']:') ? address + defaultPort : address}`);
    const split = splitHostPort(url.host) ?? splitHostPort(joinHostPort(url.host, defaultPort));
    if (split === undefined) throw new TypeError('the address is ambiguous');
    return { ...split, path: url.path };
  } catch (error) {
    throw refuse(address, error instanceof Error ? error.message : String(error));
  }
}

function parseTcp(address: string): string {
  if (address === '') return `tcp://${defaultHost}:${defaultPort}`;
  if (address.includes('://')) throw refuse(address, 'expected tcp://');
  const { hostname, port, path } = splitTcp(address);
  const host = joinHostPort(hostname === '' ? defaultHost : hostname, port === '' ? defaultPort : port);
  return `tcp://${host}${path}`;
}

/**
 * The full form of an engine host, by the rules of the docker CLI (`opts.ParseHost`, unix): defaults filled in, anything without
 * a scheme is tcp. Whether dock can speak to it is decided by `resolveEndpoint`.
 *
 * @param isTls an empty host means port 2376 on this machine instead of the default socket @default false
 * @throws ENDPOINT_INVALID
 */
export function parseHost(value: string, isTls = false): string {
  const host = value.trim();
  if (host === '') return isTls ? `tcp://${defaultHost}:${defaultTlsPort}` : `unix://${defaultSocket}`;
  const at = host.indexOf('://');
  const scheme = at === -1 ? 'tcp' : host.slice(0, at);
  const address = at === -1 ? host : host.slice(at + 3);
  switch (scheme) {
    case 'unix':
      return parseSocket(scheme, address, defaultSocket);
    case 'npipe':
      return parseSocket(scheme, address, defaultPipe);
    case 'tcp':
      return parseTcp(address);
    case 'fd':
    case 'ssh':
      return host;
    default:
      throw refuse(host, `scheme "${scheme}" is unknown`);
  }
}
