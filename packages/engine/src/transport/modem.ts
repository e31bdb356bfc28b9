import { stringify } from 'node:querystring';
import type { Readable } from 'node:stream';
import type { EngineEndpoint } from '../endpoint/engine-endpoint.js';
import { readAnswer, sendEngineRequest } from './engine-request.js';
import { httpFailure } from './http-failure.js';

/** What dockerode asks of its modem. */
interface DialOptions {
  readonly path: string;
  readonly method: string;
  readonly options?: (Readonly<Record<string, unknown>> & { _query?: object; _body?: unknown }) | null;
  readonly file?: Readable;
  readonly isStream?: boolean;
  readonly hijack?: boolean;
  readonly statusCodes: Readonly<Record<number, true | string>>;
  readonly authconfig?: { readonly base64?: string };
  readonly registryconfig?: { readonly base64?: string };
}

type DialCallback = (error: unknown, answer?: unknown) => void;

/** The modem of one call. */
export interface ModemOptions {
  readonly endpoint: EngineEndpoint;
  /** `1.41`. */
  readonly apiVersion: string;
  /** Ends the call and its connection. */
  readonly signal: AbortSignal;
}

/**
 * A modem for dockerode on our own transport: reads no environment, follows no redirect, settles always, never changes the caller's options,
 * and its connection ends with the call's signal. A path that ends in `?` takes the options as its query, any other as its JSON body;
 * `_query` and `_body` say it outright. Credentials come only as ready `base64` headers.
 */
export class EngineModem {
  readonly #options: ModemOptions;
  /** dockerode constructs its promises by this. */
  Promise = Promise;

  constructor(options: ModemOptions) {
    this.#options = options;
  }

  /** dockerode's one entry. */
  dial(options: DialOptions, callback: DialCallback): void {
    this.#send(options).then(
      (answer) => callback(null, answer),
      (error: unknown) => callback(error),
    );
  }

  async #send(dial: DialOptions): Promise<unknown> {
    const { endpoint, apiVersion, signal } = this.#options;
    const takesQuery = dial.path.endsWith('?');
    const { _query, _body, ...rest } = dial.options ?? {};
    const { abortSignal: _signal, authconfig: _auth, ...plain } = rest as Record<string, unknown>;
    const query = _query ?? (takesQuery && _body === undefined ? plain : {});
    const body = _body ?? (takesQuery ? undefined : plain);
    const hasBody = dial.method === 'POST' && dial.file === undefined && body !== undefined;
    const answer = await sendEngineRequest(endpoint, {
      method: dial.method,
      path: `/v${apiVersion}${dial.path.replace(/\?$/, '')}${queryText(query)}`,
      headers: {
        ...(hasBody ? { 'Content-Type': 'application/json' } : {}),
        ...(dial.file === undefined ? {} : { 'Content-Type': 'application/x-tar' }),
        ...(dial.authconfig?.base64 === undefined ? {} : { 'X-Registry-Auth': dial.authconfig.base64 }),
        ...(dial.registryconfig?.base64 === undefined ? {} : { 'X-Registry-Config': dial.registryconfig.base64 }),
      },
      signal,
      ...(dial.file === undefined ? {} : { body: dial.file }),
      ...(hasBody ? { body: JSON.stringify(body) } : {}),
      ...(dial.hijack === true ? { upgrade: 'tcp' as const } : {}),
    });
    if (answer.connection === undefined && dial.statusCodes[answer.status] !== true) throw await httpFailure(answer);
    if (dial.isStream === true || answer.connection !== undefined) return answer.stream;
    return readAnswer(answer);
  }
}

function queryText(query: object): string {
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([key, value]) => [key, typeof value === 'object' && !Array.isArray(value) ? JSON.stringify(value) : value]);
  const text = stringify(Object.fromEntries(pairs) as Record<string, string>);
  return text === '' ? '' : `?${text}`;
}
