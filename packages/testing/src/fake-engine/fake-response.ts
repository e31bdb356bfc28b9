import type { Duplex } from 'node:stream';

/** One piece of a scripted body. Text and bytes go out as one write each, so an HTTP chunk ends where the piece ends. */
export type BodyPart =
  | string
  | Uint8Array
  /** Text that is known only when its turn has come. */
  | (() => string)
  /** Wait, ms. */
  | { readonly delayMs: number }
  /** Wait for a promise: lets a test decide when the stream goes on. */
  | { readonly until: PromiseLike<unknown> }
  /** Destroy the socket here, without an end. */
  | { readonly cut: true }
  /** Send nothing more and keep the connection open until the client or `stop()` ends it. */
  | { readonly stall: true };

/** What the fake engine answers to one request. */
export interface FakeResponse {
  /** @default 200; 101 for a hijacked connection */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: BodyPart | readonly BodyPart[];
  /**
   * How the end of the body is told: `chunked` as the engine streams; `length` with Content-Length; `close` by closing the connection,
   * so that a body cut short looks like a clean end. @default `chunked`
   */
  readonly framing?: 'chunked' | 'length' | 'close';
  /** Destroy the socket after so many bytes of the body. */
  readonly cutAfterBytes?: number;
  /** Take over the socket after a 101 answer; the connection is closed when the promise settles. Only for requests that ask for an upgrade. */
  readonly hijack?: (socket: Duplex) => void | Promise<void>;
}

/** Scripted parts that read well in a list. */
export const parts = {
  delay: (delayMs: number): BodyPart => ({ delayMs }),
  until: (until: PromiseLike<unknown>): BodyPart => ({ until }),
  cut: { cut: true } as BodyPart,
  stall: { stall: true } as BodyPart,
} as const;

/** A body as one-byte pieces; splits multi-byte characters too. */
export function everyByte(body: string | Uint8Array): BodyPart[] {
  return Array.from(Buffer.from(body), (byte) => Buffer.of(byte));
}

/** A body cut into pieces at the given byte offsets. */
export function splitAt(body: string | Uint8Array, ...offsets: readonly number[]): BodyPart[] {
  const bytes = Buffer.from(body);
  const borders = [0, ...offsets, bytes.length];
  return borders.slice(1).map((end, index) => bytes.subarray(borders[index], end));
}

/** Values as the engine streams them: one JSON document a line, each line its own piece. A string goes out as it is, so a line may be broken JSON. */
export function jsonLines(values: readonly unknown[], options: { readonly newline?: string } = {}): string[] {
  const newline = options.newline ?? '\r\n';
  return values.map((value) => `${typeof value === 'string' ? value : JSON.stringify(value)}${newline}`);
}

/** A plain JSON answer. */
export function jsonResponse(value: unknown, status = 200): FakeResponse {
  return { status, framing: 'length', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(value) };
}

/** A stream of JSON lines. */
export function streamResponse(values: readonly unknown[], status = 200): FakeResponse {
  return { status, headers: { 'Content-Type': 'application/json' }, body: jsonLines(values) };
}

/** An error as the engine words it: `{"message": …}`. */
export function errorResponse(status: number, message: string): FakeResponse {
  return jsonResponse({ message }, status);
}
