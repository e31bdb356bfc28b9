import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import { makeSelfSigned, makeServerCertificate } from './certificates.js';
import type { SharedRigEngine } from './rig-engine.js';
import { endService, makeServiceDirectory } from './service-directory.js';

/** How a remote builder is reached: `tls` asks for a certificate of the client too. */
export interface RemoteBuilderOptions {
  /** @default 'tcp' */
  readonly listen?: 'tcp' | 'tls' | 'unix';
}

/** PEM files for a client of a builder with TLS. */
export interface BuilderClientFiles {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** A BuildKit of its own, as far as a client can tell. */
export interface RemoteBuilder {
  /** `tcp://127.0.0.1:<port>` or `unix:///…`. */
  readonly url: string;
  /** 0 for a unix socket. */
  readonly port: number;
  /** For `tls`. */
  readonly tls?: BuilderClientFiles;
  /** Connections that are open now. */
  readonly connections: number;
  /** Break every connection that is open. */
  cut(): void;
  /** Close everything. Again is harmless. */
  stop(): Promise<void>;
}

/**
 * Serve an engine's BuildKit as a remote one: each connection is upgraded by `POST /grpc`, and then its bytes are copied. An engine's `/grpc` is a whole BuildKit.
 */
export async function startRemoteBuilder(
  engine: Pick<SharedRigEngine, 'socketPath'>,
  { listen = 'tcp' }: RemoteBuilderOptions = {},
): Promise<RemoteBuilder> {
  const service = makeServiceDirectory('builder');
  const open = new Set<Socket>();
  const take = (client: Socket): void => {
    open.add(client);
    client.once('close', () => open.delete(client));
    client.on('error', () => client.destroy());
    joinBuilder(client, engine.socketPath);
  };
  try {
    const certificate = listen === 'tls' ? await certificateFiles(service.path) : undefined;
    const server =
      certificate === undefined
        ? createServer(take)
        : createTlsServer({ ...certificate.options, ALPNProtocols: ['h2'] }, take);
    const socketPath = join(service.path, 'buildkitd.sock');
    const port = await listenOn(server, listen === 'unix' ? socketPath : undefined);
    const cut = (): void => {
      for (const socket of open) socket.destroy();
    };
    let stopped: Promise<void> | undefined;
    return {
      url: listen === 'unix' ? `unix://${socketPath}` : `tcp://127.0.0.1:${port}`,
      port,
      ...(certificate === undefined ? {} : { tls: certificate.client }),
      get connections() {
        return open.size;
      },
      cut,
      stop: () =>
        (stopped ??= (async () => {
          const closed = new Promise((resolve) => server.close(resolve));
          cut();
          await closed;
          await endService(service.path);
        })()),
    };
  } catch (error) {
    await endService(service.path);
    throw error;
  }
}

/** Join a client to the BuildKit of an engine. */
function joinBuilder(client: Socket, socketPath: string): void {
  client.pause();
  const upgrade = request({
    socketPath,
    method: 'POST',
    path: '/grpc',
    agent: false,
    headers: { Connection: 'Upgrade', Upgrade: 'h2c' },
  });
  upgrade.once('error', () => client.destroy());
  upgrade.once('response', () => client.destroy());
  upgrade.once('upgrade', (_response, builder: Duplex, head: Buffer) => {
    if (head.length > 0) builder.unshift(head);
    builder.on('error', () => client.destroy());
    builder.once('close', () => client.destroy());
    client.once('close', () => builder.destroy());
    client.pipe(builder);
    builder.pipe(client);
  });
  client.once('close', () => upgrade.destroy());
  upgrade.end();
}

async function listenOn(server: Server, socketPath: string | undefined): Promise<number> {
  if (socketPath === undefined) server.listen(0, '127.0.0.1');
  else server.listen(socketPath);
  await once(server, 'listening');
  return socketPath === undefined ? (server.address() as AddressInfo).port : 0;
}

async function certificateFiles(directory: string) {
  const { caFile, certFile, keyFile } = await makeServerCertificate(directory);
  await makeSelfSigned(directory, 'client', 'dock rig client');
  const client: BuilderClientFiles = {
    caFile,
    certFile: join(directory, 'client.crt'),
    keyFile: join(directory, 'client.key'),
  };
  const options = {
    key: readFileSync(keyFile),
    cert: readFileSync(certFile),
    ca: readFileSync(client.certFile),
    requestCert: true,
    rejectUnauthorized: true,
  };
  return { client, options };
}
