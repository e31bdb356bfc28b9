import { BlockList, isIP } from 'node:net';
import { DockError } from '../../errors/dock-error.js';
import { redactCredentials } from '../git-url.js';
import { loginOf } from './login-of.js';

/**
 * The proxy for a URL, by the variables and rules that docker and git know: HTTPS_PROXY or HTTP_PROXY by the scheme of the URL, none for this machine itself and
 * for what NO_PROXY names.
 *
 * @throws INVALID_OPTION for a proxy that is neither of http nor of https
 */
export function proxyFor(url: URL, env: Readonly<Record<string, string | undefined>>): URL | undefined {
  const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const text = valueOf(name, env);
  if (text === '' || isLeftOut(url, valueOf('NO_PROXY', env))) return undefined;
  const whole = withScheme(text);
  if (URL.canParse(whole)) {
    const proxy = new URL(whole);
    if (/^https?:$/.test(proxy.protocol)) return proxy;
  }
  throw new DockError(
    'INVALID_OPTION',
    `${name} is "${redactCredentials(whole)}", which is no proxy of http or https.`,
    {
      hint: `Write ${name}=http://HOST:PORT, name the server in NO_PROXY, or pipe the archive to "dock build -".`,
    },
  );
}

/** Users and passwords of all proxies that may be asked. */
export function proxyLogins(env: Readonly<Record<string, string | undefined>>): ReturnType<typeof loginOf>[] {
  return ['HTTPS_PROXY', 'HTTP_PROXY'].map((name) => loginOf(withScheme(valueOf(name, env))));
}

const withScheme = (text: string): string => (text.includes('://') ? text : `http://${text}`);

/** As a copy would have them: inside a build container, a look at what is not there would be told. */
function valueOf(name: string, env: Readonly<Record<string, string | undefined>>): string {
  const all = { ...env };
  return all[name] || all[name.toLowerCase()] || '';
}

function isLeftOut(url: URL, list: string): boolean {
  const host = bare(url.hostname);
  const family = isIP(host) === 6 ? 'ipv6' : 'ipv4';
  if (host === 'localhost' || (isIP(host) !== 0 && ownAddresses.check(host, family))) return true;
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return list
    .toLowerCase()
    .split(',')
    .map((entry) => entry.trim())
    .some((entry) => {
      if (entry === '' || entry === '*') return entry === '*';
      const [, net = '', bits] = /^(.+)\/(\d+)$/.exec(entry) ?? [];
      if (bits !== undefined) return isIP(host) !== 0 && isIP(net) === isIP(host) && isWithin(host, net, Number(bits));
      const [, named = '', ownPort] = isIP(bare(entry)) === 0 ? (/^(.+?)(?::(\d+))?$/.exec(entry) ?? []) : ['', entry];
      if (ownPort !== undefined && ownPort !== port) return false;
      const name = bare(named).replace(/^\*(?=\.)/, '');
      return name.startsWith('.') ? host.endsWith(name) : host === name || host.endsWith(`.${name}`);
    });
}

function isWithin(host: string, net: string, bits: number): boolean {
  const family = isIP(net) === 6 ? 'ipv6' : 'ipv4';
  if (bits > (family === 'ipv6' ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(net, bits, family);
  return list.check(host, family);
}

const ownAddresses = new BlockList();
ownAddresses.addSubnet('127.0.0.0', 8, 'ipv4');
ownAddresses.addAddress('::1', 'ipv6');

/** An address without the brackets that it has in a URL. */
export const bare = (host: string): string => host.replace(/^\[(.*)\]$/, '$1');
