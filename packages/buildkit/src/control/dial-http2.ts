import { once } from 'node:events';
import { connect, type NetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';

/** The protocol of a TLS connection on which HTTP/2 is spoken. */
const alpn = 'h2';

/** A place in the words of Node's sockets. */
export interface DialAddress {
  readonly address: Readonly<Record<string, unknown>>;
  readonly isTls: boolean;
  /** Who answers there, for messages: `the engine at "tcp://…"`. */
  readonly who: string;
}

/**
 * A connection on which HTTP/2 will be spoken, without a word said. Over TLS the other side has to agree to HTTP/2. Rejects with the socket's own error, or
 * the signal's reason.
 */
export async function dialHttp2({ address, isTls, who }: DialAddress, signal: AbortSignal): Promise<Duplex> {
  signal.throwIfAborted();
  const socket = isTls
    ? connectTls({ ...address, ALPNProtocols: [alpn] } as ConnectionOptions)
    : connect(address as unknown as NetConnectOpts);
  const abort = (): void => void socket.destroy();
  signal.addEventListener('abort', abort, { once: true });
  socket.once('close', () => signal.removeEventListener('abort', abort));
  try {
    await once(socket, isTls ? 'secureConnect' : 'connect', { signal });
    if (isTls && (socket as TLSSocket).alpnProtocol !== alpn) throw new Error(`${who} does not speak HTTP/2`);
    return socket;
  } catch (error) {
    socket.destroy();
    // What waits for an event rejects with an error of its own.
    signal.throwIfAborted();
    throw error;
  }
}
