import { once } from 'node:events';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { EngineEndpoint } from '../endpoint/engine-endpoint.js';
import { endpointAddress } from './engine-request.js';

/** The protocol of a TLS connection on which HTTP/2 is spoken. */
const alpn = 'h2';

/**
 * A connection to the engine's socket, without a word said. Over TLS the other side has to agree to HTTP/2. Rejects with the socket's own error, or the
 * signal's reason.
 */
export async function dialEngine(endpoint: EngineEndpoint, signal: AbortSignal): Promise<Duplex> {
  signal.throwIfAborted();
  const address = endpointAddress(endpoint);
  const socket =
    endpoint.tls === undefined
      ? connect(address as unknown as { host: string; port: number })
      : connectTls({ ...address, ALPNProtocols: [alpn] });
  const abort = (): void => void socket.destroy();
  signal.addEventListener('abort', abort, { once: true });
  socket.once('close', () => signal.removeEventListener('abort', abort));
  try {
    await once(socket, endpoint.tls === undefined ? 'connect' : 'secureConnect', { signal });
    if (endpoint.tls !== undefined && (socket as TLSSocket).alpnProtocol !== alpn)
      throw new Error(`the engine at "${endpoint.url}" does not speak HTTP/2`);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
