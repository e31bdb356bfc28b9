import type { IncomingHttpHeaders } from 'node:http';

/** A request as the fake engine saw it. */
export interface RecordedRequest {
  readonly method: string;
  /** Path without the version prefix and query, decoded. */
  readonly path: string;
  /** `1.41` of `/v1.41/…`; absent when the path had no version. */
  readonly apiVersion: string | undefined;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** What the handler's path pattern captured, in order. */
  captures: readonly string[];
  /** Bytes of the body so far. */
  bodyBytes: number;
  /** First part of the body, at most `maxBodyBytes`. */
  body: Buffer;
  /** Whether the client sent the whole body. */
  isBodyComplete: boolean;
  /** Status of the answer, once it has begun. */
  status: number | undefined;
}

/** A request's line and headers, before its body. */
export function recordRequest(method: string, url: string, headers: IncomingHttpHeaders): RecordedRequest {
  const { pathname, searchParams } = new URL(url, 'http://engine');
  const versioned = /^\/v(\d+\.\d+)(\/.*)$/.exec(pathname);
  return {
    method,
    path: decodePath(versioned?.[2] ?? pathname),
    apiVersion: versioned?.[1],
    query: searchParams,
    headers,
    captures: [],
    bodyBytes: 0,
    body: Buffer.alloc(0),
    isBodyComplete: false,
    status: undefined,
  };
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Count a piece of the body and keep it up to the limit. */
export function recordBody(request: RecordedRequest, chunk: Uint8Array, maxBodyBytes: number): void {
  const room = maxBodyBytes - request.body.length;
  if (room > 0) request.body = Buffer.concat([request.body, chunk.subarray(0, room)]);
  request.bodyBytes += chunk.length;
}
