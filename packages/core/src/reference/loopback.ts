import { isIPv4 } from 'node:net';

/** Whether a `host[:port]` is this machine: `localhost`, 127.0.0.0/8 or `[::1]`. Names are never resolved. */
export function isLoopbackHost(host: string): boolean {
  if (/^(?:::1|\[::1\](?::\d*)?)$/.test(host)) return true;
  const name = host.replace(/:\d*$/, '').toLowerCase();
  return name === 'localhost' || (isIPv4(name) && name.startsWith('127.'));
}
