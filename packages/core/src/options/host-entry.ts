import { isIP } from 'node:net';

/**
 * A line of /etc/hosts as docker's `--add-host` takes it, in the form `host:address`; undefined when it is none: `host:address` or `host=address`, an
 * IPv6 address also in brackets, `host-gateway` for the engine's machine (docker/cli, `opts.ValidateExtraHost`).
 */
export function canonicalHostEntry(text: string): string | undefined {
  const at = text.includes('=') ? text.indexOf('=') : text.indexOf(':');
  const host = text.slice(0, Math.max(at, 0));
  const address = text.slice(at + 1).replace(/^\[(.*)\]$/, '$1');
  if (!/^[^:\s]+$/.test(host)) return undefined;
  return address === 'host-gateway' || isIP(address) > 0 ? `${host}:${address}` : undefined;
}
