import { connect } from 'node:net';
import { get } from 'node:http';
import type { Check } from './test-options.js';

/** Where a service should answer. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What one look at a service told. */
export interface Knock {
  readonly isRight: boolean;
  /** Status of an answer, right or wrong. */
  readonly status?: number;
  readonly problem?: string;
}

/** Bytes of a body that are read. */
const bodyLimit = 1024 * 1024;
/** How long a connection must hold to count, ms: the engine's proxy takes every connection, and drops it when nobody listens behind it. */
const holdMs = 250;

/** How a look is limited. */
export interface KnockLimits {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** Whether the engine's proxy may take connections that nobody listens for. */
  readonly isProxied: boolean;
}

/** Look once whether the service answers as it should. Never rejects. */
export async function knock(
  address: Address,
  check: Extract<Check, { kind: 'service' }>,
  limits: KnockLimits,
): Promise<Knock> {
  return check.path === undefined ? tryPort(address, limits) : tryUrl(address, check, check.path, limits);
}

/** Whether anything takes connections there. */
export async function knockOnce(address: Address, signal: AbortSignal): Promise<boolean> {
  const { isRight } = await tryPort(address, { signal, timeoutMs: 1000, isProxied: false });
  return isRight;
}

async function tryPort({ host, port }: Address, { signal, timeoutMs, isProxied }: KnockLimits): Promise<Knock> {
  const late = { isRight: false, problem: 'no connection in time' };
  if (signal.aborted) return late;
  return new Promise((resolve) => {
    let hold: NodeJS.Timeout | undefined;
    const socket = connect({ host, port, timeout: timeoutMs });
    const end = (result: Knock) => {
      clearTimeout(hold);
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      resolve(result);
    };
    const onAbort = () => end(late);
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('connect', () => {
      if (!isProxied) end({ isRight: true });
      else hold = setTimeout(() => end({ isRight: true }), holdMs);
    });
    socket.once('data', () => end({ isRight: true }));
    socket.once('close', () => end({ isRight: false, problem: 'the connection was dropped at once' }));
    socket.once('timeout', onAbort);
    socket.once('error', (error) => end({ isRight: false, problem: error.message }));
  });
}

async function tryUrl(
  { host, port }: Address,
  { statuses, body: expected }: Extract<Check, { kind: 'service' }>,
  path: string,
  { signal, timeoutMs }: KnockLimits,
): Promise<Knock> {
  return new Promise((resolve) => {
    // Node 20 forgets a timeout signal that only another signal listens to.
    let isLate = signal.aborted;
    const giveUp = () => {
      isLate = true;
      request.destroy(new Error('no answer in time'));
    };
    const timer = setTimeout(giveUp, timeoutMs);
    const end = (seen: Knock) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
      resolve(seen);
    };
    const fail = (error: Error) => end({ isRight: false, problem: isLate ? 'no answer in time' : error.message });
    const request = get({ host, port, path, agent: false, headers: { Connection: 'close' } }, (response) => {
      const status = response.statusCode ?? 0;
      const chunks: Buffer[] = [];
      let size = 0;
      const finish = () => {
        request.destroy();
        end(judge(status, Buffer.concat(chunks).toString('utf8')));
      };
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size >= bodyLimit) finish();
      });
      response.once('end', finish);
      response.once('error', fail);
    });
    request.once('error', fail);
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });

  function judge(status: number, body: string): Knock {
    if (!statuses.includes(status))
      return { isRight: false, status, problem: `status ${status}, expected ${statuses.join(' or ')}` };
    if (expected !== undefined && !body.includes(expected))
      return { isRight: false, status, problem: `status ${status}, but the body does not hold "${expected}"` };
    return { isRight: true, status };
  }
}
