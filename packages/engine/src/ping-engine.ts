import type { CallOptions } from '@dock/core';
import type { EngineEndpoint } from './endpoint/engine-endpoint.js';
import { EngineConnection, type EnginePing } from './transport/connection.js';

/**
 * Ask an engine whether it is there and which API it speaks: the cheapest question, without dockerode.
 *
 * @throws DAEMON_UNREACHABLE, API_VERSION_UNSUPPORTED, TIMEOUT, CANCELLED
 */
export async function pingEngine(endpoint: EngineEndpoint, options: CallOptions = {}): Promise<EnginePing> {
  const connection = new EngineConnection(endpoint);
  try {
    return await connection.ping(options);
  } finally {
    connection.close();
  }
}
