import { request } from 'node:http';

/** An engine's answer. */
export interface EngineAnswer {
  readonly status: number;
  readonly text: string;
  /** The body as JSON. @throws SyntaxError when it is none */
  json(): unknown;
}

/** What a request carries. */
export interface EngineRequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds without a byte. @default 120 000 */
  readonly timeoutMs?: number;
}

/** One request to an engine's unix socket, with a body of bytes, or of a value sent as JSON. The rig's own: its tests must not depend on what they test. */
export function engineRequest(
  socketPath: string,
  method: string,
  path: string,
  body?: unknown,
  options: EngineRequestOptions = {},
): Promise<EngineAnswer> {
  const isBinary = body instanceof Uint8Array;
  const payload = body === undefined || isBinary ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        socketPath,
        method,
        path,
        agent: false,
        timeout: options.timeoutMs ?? 120_000,
        headers: {
          ...(payload === undefined
            ? {}
            : {
                'Content-Type': isBinary ? 'application/x-tar' : 'application/json',
                'Content-Length': Buffer.byteLength(payload),
              }),
          ...options.headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode ?? 0, text, json: () => JSON.parse(text) as unknown });
        });
      },
    );
    outgoing.once('timeout', () => outgoing.destroy(new Error(`no answer to ${method} ${path} from "${socketPath}"`)));
    outgoing.once('error', reject);
    outgoing.end(payload);
  });
}
