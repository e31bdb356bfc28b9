import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';
import { DockError, isLoopbackHost } from '@dock/core';
import { splitHostPort } from '@dock/core/internal';

/** Which registries may be spoken to over http, or over https without checking the certificate. */
export interface InsecureRegistries {
  /** `host[:port]` as listed, without scheme. */
  readonly hosts: ReadonlySet<string>;
  /** Whether a `host[:port]` is loopback, listed, or an address inside a listed network. Names are never resolved. */
  readonly isInsecure: (host: string) => boolean;
}

const component = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const domain = new RegExp(String.raw`^(?:${component}(?:\.${component})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?$`);

/** Whether a string is `host[:port]` by the grammar of distribution/reference. */
export function isRegistryHost(host: string): boolean {
  return host.length <= 255 + 6 && domain.test(host);
}

/** The host of `host[:port]` without port and brackets. */
function hostnameOf(host: string): string {
  const bare = splitHostPort(host)?.hostname ?? host;
  return bare.startsWith('[') && bare.endsWith(']') ? bare.slice(1, -1) : bare;
}

function invalid(entry: string, why: string): DockError {
  return new DockError('INVALID_OPTION', `The insecure registry ${entry} ${why}.`, {
    hint: 'List registries as host, host:port or a network like 10.0.0.0/8.',
  });
}

function withoutScheme(entry: string): string {
  const at = entry.indexOf('://');
  if (at === -1) return entry;
  if (!/^https?$/i.test(entry.slice(0, at))) throw invalid(entry, "should not contain '://'");
  return entry.slice(at + 3);
}

function addNetwork(list: BlockList, entry: string): boolean {
  const [, address, prefix] = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(entry) ?? [];
  const version = isIP(address ?? '');
  if (address === undefined || version === 0 || Number(prefix) > (version === 4 ? 32 : 128)) return false;
  list.addSubnet(address, Number(prefix), version === 4 ? 'ipv4' : 'ipv6');
  return true;
}

function checkHost(entry: string, host: string): void {
  const split = splitHostPort(host);
  const name = split?.hostname ?? host;
  if (!isRegistryHost(host) && isIP(split?.hostname ?? host) === 0)
    throw invalid(entry, `is not valid: invalid host ${JSON.stringify(name)}`);
  if (split !== undefined && split.port !== '' && Number(split.port) > 65_535)
    throw invalid(entry, `is not valid: invalid port ${JSON.stringify(split.port)}`);
}

/**
 * Read a list of insecure registries by the rules of docker (`internal/registry.newServiceConfig`): hosts, addresses and networks; an
 * http or https scheme is dropped, any other refused.
 *
 * @throws INVALID_OPTION
 */
export function parseInsecureRegistries(list: readonly string[]): InsecureRegistries {
  const networks = new BlockList();
  const hosts = new Set<string>();
  for (const entry of list) {
    const host = withoutScheme(entry);
    if (addNetwork(networks, host)) continue;
    checkHost(entry, host);
    hosts.add(host);
  }
  const folded = new Set([...hosts].map((host) => host.toLowerCase()));
  const isInNetwork = (name: string): boolean =>
    isIPv4(name) ? networks.check(name) : isIPv6(name) && networks.check(name, 'ipv6');
  return {
    hosts,
    isInsecure: (host) => isLoopbackHost(host) || folded.has(host.toLowerCase()) || isInNetwork(hostnameOf(host)),
  };
}
