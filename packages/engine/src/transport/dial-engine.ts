import type { Duplex } from 'node:stream';
import type { EngineEndpoint } from '../endpoint/engine-endpoint.js';
import { endpointAddress } from './engine-request.js';

/**
 * A connection to the engine's socket, without a word said. Over TLS the other side has to agree to HTTP/2. Rejects with the socket's own error, or the
 * signal's reason.
 */
export async function dialEngine(endpoint: EngineEndpoint, signal: AbortSignal): Promise<Duplex> {
  const { dialHttp2 } = await import('@dock/buildkit');
  const who = `the engine at "${endpoint.url}"`;
  return dialHttp2({ address: endpointAddress(endpoint), isTls: endpoint.tls !== undefined, who }, signal);
}
