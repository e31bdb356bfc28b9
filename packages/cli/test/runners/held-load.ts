import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A socket that leads to an engine and does not let the load of an image come to its end. */
export interface HeldLoad {
  /** As `DOCKER_HOST` takes it. */
  readonly host: string;
  /** Settles once the load is held. */
  readonly isHeld: Promise<void>;
  stop(): Promise<void>;
}

/** Bytes of an archive that reach the engine when the load is held in its middle: less than any image has. */
const firstBytes = 64 * 1024;

/** @param where In the middle of the archive, or before the engine's answer to it: then the engine has the image. */
export async function startHeldLoad(engineSocket: string, where: 'middle' | 'end'): Promise<HeldLoad> {
  const directory = mkdtempSync(join(tmpdir(), 'dock-load-'));
  const socketPath = join(directory, 'docker.sock');
  const open = new Set<Socket>();
  let hold!: () => void;
  const isHeld = new Promise<void>((resolve) => {
    hold = resolve;
  });
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ path: engineSocket, allowHalfOpen: true });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
      socket.on('end', () => other.end());
    }
    let isLoad = false;
    let sent = 0;
    client.on('data', (chunk: Buffer) => {
      isLoad ||= /^POST \S*\/images\/load\b/.test(chunk.toString('latin1', 0, 200));
      sent += isLoad ? chunk.length : 0;
      upstream.write(chunk);
      if (where !== 'middle' || sent < firstBytes) return;
      client.pause();
      hold();
    });
    upstream.on('data', (chunk: Buffer) => {
      if (isLoad) hold();
      else client.write(chunk);
    });
  });
  server.listen(socketPath);
  await once(server, 'listening');
  return {
    host: `unix://${socketPath}`,
    isHeld,
    async stop() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
