import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { passBody, type BodyFaults } from './pass-body.js';

/** What happens to requests that match. Without `status` they are forwarded, under the rule's cut, stall, delay and throttle. */
export interface RegistryRule {
  /** @default every method */
  readonly method?: string;
  /** Tested against the path without query. @default every path */
  readonly path?: RegExp;
  /** How many requests it applies to; then it is spent. @default unlimited */
  readonly times?: number;
  /** How many matching requests pass before it applies. @default 0 */
  readonly skip?: number;
  /** The share of matching requests that it applies to, 0 to 1, drawn by {@link startRegistryProxy}'s seed. @default all */
  readonly share?: number;
  /** Answer with this status instead of asking the registry. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Destroy the connection after so many bytes of body, counted over the request's and the answer's; 0 cuts at the first byte. */
  readonly cutAfterBytes?: number;
  /** Never answer, and forward nothing. */
  readonly stall?: boolean;
  /** Forward, and keep the answer back. */
  readonly holdAnswer?: boolean;
  /** Forward, and lose the answer: a reset connection, or the status of a gateway in its place. */
  readonly loseAnswer?: 'reset' | number;
  /** Wait before forwarding or answering, ms. */
  readonly delayMs?: number;
  /** Limit of both bodies together. */
  readonly throttleBytesPerSecond?: number;
}

/** A request as it passed the proxy. */
export interface ProxiedRequest {
  readonly method: string;
  /** Path without query. */
  readonly path: string;
  /** Whether the client sent credentials; their value is never kept. */
  readonly hasAuthorization: boolean;
  /** Absent while there is no answer, and for a cut or stalled request. */
  status?: number;
  /** Whether a rule applied. */
  readonly isFaulted: boolean;
}

/** An HTTP proxy in front of a registry that answers as a test says. */
export interface RegistryProxy {
  /** `127.0.0.1:<port>`: use it as the registry's host. */
  readonly host: string;
  readonly port: number;
  /** Every request, in the order of arrival. */
  readonly requests: readonly ProxiedRequest[];
  /** Add a rule; the first rule that matches and is not spent applies. */
  addRule(rule: RegistryRule): void;
  /** Forget all rules. */
  clearRules(): void;
  /** Close everything. Again is harmless. */
  stop(): Promise<void>;
}

/** Start a proxy on 127.0.0.1 (insecure by default for an engine, so plain http works) in front of the registry at `target` (`host:port`). */
export async function startRegistryProxy(options: {
  readonly target: string;
  readonly rules?: readonly RegistryRule[];
  /** Where the draws of rules with a `share` begin. @default 1 */
  readonly seed?: number;
}): Promise<RegistryProxy> {
  const draw = drawsFrom(options.seed ?? 1);
  const target = new URL(`http://${options.target}`);
  const requests: ProxiedRequest[] = [];
  const sockets = new Set<Socket>();
  let rules: { rule: RegistryRule; seen: number; used: number }[] = (options.rules ?? []).map((rule) => ({
    rule,
    seen: 0,
    used: 0,
  }));
  let host = '';

  const takeRule = (method: string, path: string): RegistryRule | undefined => {
    for (const entry of rules) {
      const { rule } = entry;
      if (rule.method !== undefined && rule.method.toUpperCase() !== method) continue;
      if (rule.path !== undefined && path.search(rule.path) < 0) continue;
      if (rule.share !== undefined && draw() >= rule.share) continue;
      entry.seen += 1;
      if (entry.seen <= (rule.skip ?? 0) || entry.used >= (rule.times ?? Number.POSITIVE_INFINITY)) continue;
      entry.used += 1;
      return rule;
    }
    return undefined;
  };

  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const { socket } = incoming;
    const method = incoming.method ?? '';
    const path = (incoming.url ?? '').split('?', 1)[0] ?? '';
    const rule = takeRule(method, path);
    const record: ProxiedRequest = {
      method,
      path,
      hasAuthorization: incoming.headers.authorization !== undefined,
      isFaulted: rule !== undefined,
    };
    requests.push(record);
    const faults: BodyFaults = {
      bytes: 0,
      cutAfterBytes: rule?.cutAfterBytes,
      bytesPerSecond: rule?.throttleBytesPerSecond,
      cut: () => socket.destroy(),
    };
    if (rule?.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, rule.delayMs));
    if (rule?.stall === true) return;
    if (rule?.status !== undefined) await answer(incoming, outgoing, rule, record, faults);
    else await forward(incoming, outgoing, target, host, record, faults, rule);
  };
  const server = createServer((incoming, outgoing) => {
    const { socket } = incoming;
    serve(incoming, outgoing).catch(() => socket.destroy());
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  host = `127.0.0.1:${port}`;

  let stopped: Promise<void> | undefined;
  return {
    host,
    port,
    requests,
    addRule: (rule) => void rules.push({ rule, seen: 0, used: 0 }),
    clearRules: () => {
      rules = [];
    },
    stop: () => {
      stopped ??= new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      });
      return stopped;
    },
  };
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
function drawsFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  rule: RegistryRule,
  record: ProxiedRequest,
  faults: BodyFaults,
): Promise<void> {
  await passBody(incoming, undefined, faults);
  if (outgoing.destroyed) return;
  record.status = rule.status ?? 500;
  const body = rule.body ?? '';
  outgoing.writeHead(record.status, { 'Content-Length': Buffer.byteLength(body), ...rule.headers });
  outgoing.end(body);
}

/** Forward, with the target's own name as Host, and its name in `Location` replaced by ours, so that uploads stay on the proxy. */
async function forward(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  target: URL,
  ownHost: string,
  record: ProxiedRequest,
  faults: BodyFaults,
  rule: RegistryRule | undefined,
): Promise<void> {
  const upstream = httpRequest({
    host: target.hostname,
    port: target.port,
    method: incoming.method,
    path: incoming.url,
    headers: { ...incoming.headers, host: target.host },
    agent: false,
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    upstream.once('response', resolve);
    upstream.once('error', reject);
  });
  // A registry may answer before it has read the upload; the answer is passed on in any case.
  answered.catch(() => undefined);
  outgoing.once('close', () => upstream.destroy());
  await passBody(incoming, upstream, faults);
  if (outgoing.destroyed) return;
  const response = await answered;
  record.status = response.statusCode ?? 502;
  if (rule?.holdAnswer === true || rule?.loseAnswer !== undefined) {
    response.resume();
    if (rule.loseAnswer === 'reset') faults.cut();
    else if (rule.loseAnswer !== undefined) outgoing.writeHead((record.status = rule.loseAnswer)).end();
    return;
  }
  const headers: OutgoingHttpHeaders = { ...response.headers };
  if (typeof headers.location === 'string') headers.location = rewriteLocation(headers.location, target.host, ownHost);
  outgoing.writeHead(record.status, headers);
  outgoing.flushHeaders();
  await passBody(response, outgoing, faults);
}

function rewriteLocation(location: string, targetHost: string, ownHost: string): string {
  if (!URL.canParse(location)) return location;
  const url = new URL(location);
  if (url.host !== targetHost) return location;
  return `http://${ownHost}${url.pathname}${url.search}`;
}
