import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** A proxy for https that knows some names and nothing else. */
export interface Tunnel {
  /** As `HTTPS_PROXY` takes it. */
  readonly url: string;
  stop(): Promise<void>;
}

/** @param target `host:port` on loopback that every name of `*.rig.test` leads to. */
export async function startTunnel(target: string): Promise<Tunnel> {
  const open = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    open.add(socket);
    return socket.on('close', () => open.delete(socket)).on('error', () => socket.destroy());
  };
  const server = createServer((_incoming, outgoing) => void outgoing.writeHead(403).end());
  server.on('connect', ({ url = '' }, socket: Socket) => {
    const client = keep(socket);
    if (!/\.rig\.test:443$/.test(url)) {
      client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    const [host, port] = target.split(':');
    const upstream = keep(connect(Number(port), host));
    upstream.once('connect', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      client.pipe(upstream).pipe(client);
    });
    upstream.once('close', () => client.destroy());
    client.once('close', () => upstream.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
