import type { Duplex } from 'node:stream';
import { GrpcChannel } from '../rpc/channel.js';
import type { BuilderDoor, WithSession } from './builder-door.js';
import { ControlClient } from './control-client.js';

/** Longest wait for an answer to HTTP/2 where nobody may understand it, ms. */
const askMs = 3000;

/** What an act gets. */
export interface OpenControl {
  readonly control: ControlClient;
  /** How the builder was reached. */
  readonly way: 'direct' | 'upgraded';
  /** Another connection for a session, where this way has one. */
  readonly session?: WithSession | undefined;
}

/**
 * Reach a builder's control API and run an act with it. The direct way is asked first: newer engines serve BuildKit on their own socket, and the upgrade
 * of `/grpc` is on its way out (moby/moby#50744, #51721). Whoever does not speak HTTP/2 there says so at once.
 */
export async function withControl<T>(
  door: BuilderDoor,
  { signal }: { readonly signal?: AbortSignal | undefined },
  act: (open: OpenControl) => Promise<T>,
): Promise<T> {
  const { upgraded, session } = door;
  if (upgraded === undefined)
    return door.direct({ signal }, (connection) => onChannel(connection, (control) => act({ control, way: 'direct' })));
  let isHere = false;
  try {
    const answer = await door.direct({ signal }, (connection) =>
      onChannel(connection, async (control, channel) => {
        isHere = await speaks(control, channel);
        return isHere ? { value: await act({ control, way: 'direct' }) } : undefined;
      }),
    );
    if (answer !== undefined) return answer.value;
  } catch (error) {
    // Not even a connection: the other way finds out why, and says it.
    if (isHere || signal?.aborted === true) throw error;
  }
  return upgraded({ signal }, (connection) =>
    onChannel(connection, (control) => act({ control, way: 'upgraded', session })),
  );
}

/** Run an act with the client of a connection, which ends with it. */
export async function onChannel<T>(
  connection: Duplex,
  act: (control: ControlClient, channel: GrpcChannel) => Promise<T>,
): Promise<T> {
  const channel = new GrpcChannel(connection);
  try {
    return await act(new ControlClient(channel), channel);
  } finally {
    await channel.close();
  }
}

/** Whether BuildKit's control API is served there. A proxy may speak HTTP/2 and know nothing of it: so it is called once. */
async function speaks(control: ControlClient, channel: GrpcChannel): Promise<boolean> {
  const signal = AbortSignal.timeout(askMs);
  const late = new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  );
  try {
    await Promise.race([channel.ready(), late]);
    await control.listWorkers({ signal });
    return true;
  } catch {
    return false;
  }
}
