import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * The body of a request that asks for an upgrade. Node hands the socket over with the body unread; the JSON of `exec start` stands there, and what
 * follows it already belongs to the hijacked stream.
 */
export async function readUpgradeBody(headers: IncomingHttpHeaders, socket: Duplex, head: Buffer): Promise<Buffer> {
  const length = Number(headers['content-length'] ?? 0);
  let bytes = head;
  while (bytes.length < length && !socket.destroyed) {
    const chunk = socket.read() as Buffer | null;
    if (chunk !== null) {
      bytes = Buffer.concat([bytes, chunk]);
    } else if (socket.readableEnded) {
      break;
    } else {
      await Promise.race([once(socket, 'readable'), once(socket, 'close'), once(socket, 'end')]).catch(() => undefined);
    }
  }
  if (bytes.length > length) socket.unshift(bytes.subarray(length));
  return bytes.subarray(0, length);
}
