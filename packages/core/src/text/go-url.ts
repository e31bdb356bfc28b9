/** A URL as Go's `net/url` splits it. The docker CLI reads hosts with it, and WHATWG's `URL` differs (userinfo, IPv6, escapes, default ports). */
export interface GoUrl {
  /** Lower case; empty when there is none. */
  readonly scheme: string;
  readonly username?: string;
  readonly password?: string;
  /** Without port and brackets. */
  readonly hostname: string;
  /** Digits, or empty. */
  readonly port: string;
  /** Host with port as written. */
  readonly host: string;
  /** Decoded. */
  readonly path: string;
  readonly query: string;
  readonly fragment: string;
}

type HostPart = 'host' | 'other';

/** Percent escapes decoded as bytes of UTF-8. In a host only bytes above ASCII may be escaped. */
function unescape(text: string, part: HostPart): string {
  if (part === 'host') {
    const bad = /[\x20^{}|\\`%]/.exec(text.replaceAll(/%[89a-fA-F][0-9a-fA-F]/g, ''));
    if (bad?.[0] === '%') throw new TypeError(`invalid URL escape "${text.slice(text.indexOf('%')).slice(0, 3)}"`);
    if (bad !== null) throw new TypeError(`invalid character "${bad[0]}" in host name`);
  }
  const wrong = /%(?![0-9a-fA-F]{2}).{0,2}/s.exec(text);
  if (wrong !== null) throw new TypeError(`invalid URL escape "${wrong[0]}"`);
  const bytes = Buffer.from(text, 'utf8').toString('latin1');
  const decoded = bytes.replaceAll(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(decoded, 'latin1').toString('utf8');
}

function cut(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}

function splitScheme(text: string): [string, string] {
  if (text.startsWith(':')) throw new TypeError('missing protocol scheme');
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text);
  if (match?.[1] === undefined) return ['', text];
  return [match[1].toLowerCase(), text.slice(match[0].length)];
}

function splitHost(host: string): { hostname: string; port: string } {
  const end = host.startsWith('[') ? host.lastIndexOf(']') : -1;
  if (host.startsWith('[') && end === -1) throw new TypeError("missing ']' in host");
  const colon = end === -1 ? host.lastIndexOf(':') : end + 1;
  const tail = colon === -1 ? '' : host.slice(colon);
  if (!/^(?::\d*)?$/.test(tail)) throw new TypeError(`invalid port "${tail}" after host`);
  const name = colon === -1 ? host : host.slice(0, colon);
  return { hostname: end === -1 ? name : name.slice(1, -1), port: tail.slice(1) };
}

function splitAuthority(authority: string): Pick<GoUrl, 'username' | 'password' | 'hostname' | 'port' | 'host'> {
  const at = authority.lastIndexOf('@');
  const escapedHost = authority.slice(at + 1);
  const { hostname, port } = splitHost(escapedHost);
  const address = { hostname: unescape(hostname, 'host'), port, host: unescape(escapedHost, 'host') };
  if (at === -1) return address;
  const userinfo = authority.slice(0, at);
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(userinfo)) throw new TypeError('net/url: invalid userinfo');
  const [username, password] = cut(userinfo, ':');
  return {
    ...address,
    username: unescape(username, 'other'),
    ...(password === undefined ? {} : { password: unescape(password, 'other') }),
  };
}

/**
 * Split a URL by the rules of Go's `net/url.Parse`; messages are Go's, so that conformance vectors compare them.
 *
 * @throws TypeError with Go's message
 */
export function parseGoUrl(text: string): GoUrl {
  if (/\p{Cc}/u.test(text)) throw new TypeError('net/url: invalid control character in URL');
  const [beforeFragment, fragment] = cut(text, '#');
  const [scheme, afterScheme] = splitScheme(beforeFragment);
  const [rest, query] = cut(afterScheme, '?');
  const common = { scheme, query: query ?? '', fragment: unescape(fragment ?? '', 'other') };
  if (!rest.startsWith('/') && scheme !== '') return { ...common, hostname: '', port: '', host: '', path: '' };
  if (!rest.startsWith('/') && cut(rest, '/')[0].includes(':'))
    throw new TypeError('first path segment in URL cannot contain colon');
  if (!rest.startsWith('//') || (scheme === '' && rest.startsWith('///')))
    return { ...common, hostname: '', port: '', host: '', path: unescape(rest, 'other') };
  const slash = rest.indexOf('/', 2);
  const authority = slash === -1 ? rest.slice(2) : rest.slice(2, slash);
  const path = slash === -1 ? '' : rest.slice(slash);
  return { ...common, ...splitAuthority(authority), path: unescape(path, 'other') };
}

/** `host:port`, the host in brackets when it holds a colon (Go's `net.JoinHostPort`). */
export function joinHostPort(hostname: string, port: string): string {
  return hostname.includes(':') ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

/** Host and port of `host:port`, `[ipv6]:port`; `undefined` when there is no port or it is ambiguous (Go's `net.SplitHostPort`). */
export function splitHostPort(address: string): { hostname: string; port: string } | undefined {
  const match = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:[\]]*)$/.exec(address);
  if (match === null) return undefined;
  return { hostname: match[1] ?? match[2] ?? '', port: match[3] ?? '' };
}
