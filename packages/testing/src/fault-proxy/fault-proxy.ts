import { rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type NetConnectOpts, type Server, type Socket } from 'node:net';
import { pumpBytes, type PumpState } from './pump-bytes.js';
import { makeLatch } from './latch.js';
import { makeSocketDir } from './socket-dir.js';

/** Options of {@link startFaultProxy}. */
export interface FaultProxyOptions {
  readonly target: { readonly socketPath: string } | { readonly host: string; readonly port: number };
  /** @default as the target */
  readonly listen?: 'unix' | 'tcp';
}

/** One connection through the proxy. */
export interface ProxiedConnection {
  /** From 1, in the order of arrival. */
  readonly number: number;
  /** Bytes passed on to the target. */
  readonly bytesToTarget: number;
  /** Bytes passed on to the client. */
  readonly bytesToClient: number;
  readonly isOpen: boolean;
}

/** A proxy of raw bytes that can do what a network does on a bad day. */
export interface FaultProxy {
  /** Where to connect: `socketPath` for a unix socket, `host` and `port` for TCP. */
  readonly address: { readonly socketPath: string } | { readonly host: '127.0.0.1'; readonly port: number };
  /** `unix://…` or `tcp://127.0.0.1:…`, as `DOCKER_HOST` takes it. */
  readonly url: string;
  /** Every connection so far. */
  readonly connections: readonly ProxiedConnection[];
  /** Pass each byte on its own. @default false */
  splitEveryByte: boolean;
  /** Wait before each piece, ms. @default 0 */
  delayMs: number;
  /** Destroy both sides of every open connection; with `refuseNew` also of every later one until `resume()`. */
  cut(options?: { readonly refuseNew?: boolean }): void;
  /** Pass nothing on; connections stay open. */
  stall(): void;
  /** End a stall and a refusal. */
  resume(): void;
  /** Destroy each connection once so many bytes of it went to the client (or, with `direction`, to the target); `undefined` ends it. */
  dropAfter(bytes: number | undefined, direction?: 'toClient' | 'toTarget'): void;
  /** Close everything. Again is harmless. */
  stop(): Promise<void>;
}

/** Start a proxy in front of an engine's socket or any TCP server on this machine. */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const listen = options.listen ?? ('socketPath' in options.target ? 'unix' : 'tcp');
  const target: NetConnectOpts =
    'socketPath' in options.target
      ? { path: options.target.socketPath, allowHalfOpen: true }
      : { ...options.target, allowHalfOpen: true };
  const place = listen === 'unix' ? await makeSocketDir('dock-fault-proxy-', 'proxy.sock') : undefined;
  const state: PumpState = {
    splitEveryByte: false,
    delayMs: 0,
    gate: undefined,
    dropToClient: undefined,
    dropToTarget: undefined,
  };
  const connections: { number: number; bytesToTarget: number; bytesToClient: number; isOpen: boolean }[] = [];
  const sockets = new Set<Socket>();
  let gate: ReturnType<typeof makeLatch> | undefined;
  let refusesNew = false;

  const server = createServer({ allowHalfOpen: true }, (client) => {
    if (refusesNew) {
      client.destroy();
      return;
    }
    const upstream = connect(target);
    const connection = { number: connections.length + 1, bytesToTarget: 0, bytesToClient: 0, isOpen: true };
    connections.push(connection);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => {
        sockets.delete(socket);
        connection.isOpen = false;
      });
    }
    const cut = () => {
      client.destroy();
      upstream.destroy();
    };
    // A side that breaks, not one that ends, takes the other with it.
    client.once('close', () => upstream.destroy());
    upstream.once('close', () => client.destroy());
    void pumpBytes(client, upstream, state, 'dropToTarget', (bytes) => (connection.bytesToTarget += bytes), cut);
    void pumpBytes(upstream, client, state, 'dropToClient', (bytes) => (connection.bytesToClient += bytes), cut);
  });
  await listenOn(server, place?.socketPath);
  const port = place === undefined ? (server.address() as AddressInfo).port : 0;

  const resume = () => {
    refusesNew = false;
    gate?.open();
    gate = undefined;
    state.gate = undefined;
  };
  const cut = ({ refuseNew = false } = {}) => {
    refusesNew ||= refuseNew;
    for (const socket of sockets) socket.destroy();
  };
  let stopped: Promise<void> | undefined;
  return {
    address: place === undefined ? { host: '127.0.0.1', port } : { socketPath: place.socketPath },
    url: place === undefined ? `tcp://127.0.0.1:${port}` : `unix://${place.socketPath}`,
    connections,
    get splitEveryByte() {
      return state.splitEveryByte;
    },
    set splitEveryByte(value) {
      state.splitEveryByte = value;
    },
    get delayMs() {
      return state.delayMs;
    },
    set delayMs(value) {
      state.delayMs = value;
    },
    cut,
    stall: () => {
      gate ??= makeLatch();
      state.gate = gate.promise;
    },
    resume,
    dropAfter: (bytes, direction = 'toClient') => {
      state[direction === 'toClient' ? 'dropToClient' : 'dropToTarget'] = bytes;
    },
    stop: () => {
      stopped ??= (async () => {
        const closed = new Promise((resolve) => server.close(resolve));
        resume();
        cut();
        await closed;
        if (place !== undefined) await rm(place.directory, { recursive: true, force: true });
      })();
      return stopped;
    },
  };
}

async function listenOn(server: Server, socketPath: string | undefined): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    if (socketPath === undefined) server.listen(0, '127.0.0.1', resolve);
    else server.listen(socketPath, resolve);
  });
}
