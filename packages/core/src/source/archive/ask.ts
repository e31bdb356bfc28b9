import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { loginOf } from './login-of.js';
import { bare, proxyFor } from './proxy.js';

/** Silence after which a download is given up, ms. */
const idleMs = 60_000;

/** What a request needs beside its URL. */
export interface Asking {
  /** The header for the server. */
  readonly login: string | undefined;
  readonly ca: readonly string[] | undefined;
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A proxy that does not let the request through. */
export class ProxyRefusal extends Error {
  override readonly name = 'ProxyRefusal';
}

/** Gets a URL, by the proxy that the environment names for it. */
export async function ask(url: URL, asking: Asking): Promise<IncomingMessage> {
  const isTls = url.protocol === 'https:';
  const proxy = proxyFor(url, asking.env);
  const headers = {
    accept: '*/*',
    'user-agent': 'dock',
    ...(asking.login === undefined ? {} : { authorization: asking.login }),
  };
  if (proxy !== undefined && !isTls) {
    const answer = await throughProxy(proxy, asking, {
      path: `${url.origin}${url.pathname}${url.search}`,
      headers: { ...headers, host: url.host },
    });
    if (answer.statusCode === 407) {
      answer.destroy();
      throw refusal(proxy, 407);
    }
    return answer;
  }
  const socket = proxy === undefined ? undefined : await tunnel(url, proxy, asking);
  const { request } = isTls ? await import('node:https') : await import('node:http');
  const plain = new URL(url);
  plain.username = '';
  plain.password = '';
  const sent = request(plain, {
    headers,
    ...common(asking),
    ...(socket === undefined ? {} : { socket }),
  });
  return answerOf(sent, 'response').then(([answer]) => answer);
}

/** A connection to the server of a URL, through the proxy. */
async function tunnel(url: URL, proxy: URL, asking: Asking): Promise<Socket> {
  const host = `${url.hostname}:${url.port || '443'}`;
  const sent = await requestTo(proxy, asking, { method: 'CONNECT', path: host, headers: { host } });
  const [answer, socket] = await answerOf(sent, 'connect');
  if (answer.statusCode !== 200 || socket === undefined) {
    socket?.destroy();
    throw refusal(proxy, answer.statusCode);
  }
  return socket;
}

interface Wanted {
  readonly method?: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

async function throughProxy(proxy: URL, asking: Asking, wanted: Wanted): Promise<IncomingMessage> {
  const [answer] = await answerOf(await requestTo(proxy, asking, wanted), 'response');
  return answer;
}

async function requestTo(proxy: URL, asking: Asking, { headers, ...wanted }: Wanted): Promise<ClientRequest> {
  const { request } = proxy.protocol === 'https:' ? await import('node:https') : await import('node:http');
  const login = loginOf(proxy.href);
  return request({
    host: bare(proxy.hostname),
    port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
    ...wanted,
    headers: { ...headers, ...(login === undefined ? {} : { 'proxy-authorization': basic(login) }) },
    ...common(asking),
  });
}

const common = ({ signal, ca }: Asking) => ({
  agent: false as const,
  timeout: idleMs,
  signal,
  ...(ca === undefined ? {} : { ca: [...ca] }),
});

/** Sends a request, and waits for its answer. */
async function answerOf(
  sent: ClientRequest,
  event: 'response' | 'connect',
): Promise<readonly [IncomingMessage, Socket | undefined]> {
  return new Promise((resolve, reject) => {
    sent.once('timeout', () => sent.destroy(new Error(`nothing came for ${idleMs / 1000} s`)));
    sent.on('error', reject);
    sent.once(event, (answer: IncomingMessage, socket?: Socket) => resolve([answer, socket]));
    sent.end();
  });
}

export function basic({ username, password }: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function refusal({ host }: URL, status: number | undefined): ProxyRefusal {
  const why = status === 407 ? ': it wants a login' : '';
  return new ProxyRefusal(`the proxy "${host}" answered ${status}${why}`);
}
