import { isLoopbackHost } from '../reference/loopback.js';

const defaultPorts: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

const urlStart = /^(https?:)\/\/(\[[^\]/]*\]|[^:/?#@]+)(?::(\d+))?(?:[/?#]|$)/i;

/** Scheme, host and port of an http or https URL, the port always told, letters small; undefined for other schemes. */
export function originOf(url: string): string | undefined {
  const [, scheme = '', host = '', port] = urlStart.exec(url) ?? [];
  const lowered = scheme.toLowerCase();
  return host === '' ? undefined : `${lowered}//${host.toLowerCase()}:${port ?? defaultPorts[lowered]}`;
}

/** Whether a secret may go to a server at all: by https, or on this machine. */
export function isSafeFor(origin: string): boolean {
  const [, scheme, host = ''] = urlStart.exec(origin) ?? [];
  return scheme === 'https:' || isLoopbackHost(host);
}
