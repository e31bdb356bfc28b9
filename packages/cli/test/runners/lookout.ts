import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';

/** A server of the test, for processes on this machine. */
export interface Lookout {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** The first thing that a look failed with. */
  fault(): unknown;
  stop(): Promise<void>;
}

/**
 * Lets whoever asks wait while the test looks: each request is a look by its path's name. With a server behind it, a request with credentials is a look named
 * `git`, once, and every request is passed on.
 */
export async function startLookout(look: (when: string) => Promise<void>, behind?: string): Promise<Lookout> {
  let fault: unknown;
  let hasLooked = false;
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const isLook = behind === undefined || (incoming.headers.authorization !== undefined && !hasLooked);
    if (isLook) {
      hasLooked = true;
      await look(behind === undefined ? (incoming.url ?? '').slice(1) : 'git').catch((error: unknown) => {
        fault ??= error;
      });
    }
    if (behind === undefined) outgoing.end('seen');
    else passOn(incoming, outgoing, behind);
  };
  const server = createServer((incoming, outgoing) => void answer(incoming, outgoing));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fault: () => fault,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function passOn(incoming: IncomingMessage, outgoing: ServerResponse, behind: string): void {
  const { method, headers } = incoming;
  const upstream = request(new URL(incoming.url ?? '/', behind), { method, headers }, (response) => {
    outgoing.writeHead(response.statusCode ?? 502, response.headers);
    pipeline(response, outgoing, () => undefined);
  });
  upstream.once('error', () => incoming.socket.destroy());
  pipeline(incoming, upstream, () => undefined);
}
