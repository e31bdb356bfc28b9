/** gRPC status codes that sessions use (grpc.io/docs/guides/status-codes). */
export const grpcStatus = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
  unauthenticated: 16,
} as const;

/** A code of {@link grpcStatus}. */
export type GrpcStatus = (typeof grpcStatus)[keyof typeof grpcStatus];

/** An error that the builder sees with its own code; anything else thrown by a method becomes `unknown`. */
export class GrpcError extends Error {
  override readonly name = 'GrpcError';
  readonly code: GrpcStatus;

  constructor(code: GrpcStatus, message: string) {
    super(message);
    this.code = code;
  }
}

/** What a call of the builder brings beside its messages. */
export interface SessionCall {
  /** Request headers, lower case; each with all its values. gRPC metadata ending in `-bin` is still base64. */
  readonly metadata: ReadonlyMap<string, readonly string[]>;
  /** Aborted when the builder cancels the call or the session closes. */
  readonly signal: AbortSignal;
}

/** A call with a stream of messages in both directions. */
export interface SessionStream extends SessionCall {
  /** Messages of the builder, one protobuf each, until it half-closes; flow-controlled: read slowly and the builder waits. */
  readonly messages: AsyncIterable<Uint8Array>;
  /**
   * Send one protobuf message, in one piece or as its beginning and its `tail`; settles when there is room for the next. Rejects when the call is gone.
   * The bytes may be used again when it has settled.
   */
  readonly send: (message: Uint8Array, tail?: Uint8Array) => Promise<void>;
}

/** One method of a service. */
export type SessionMethod =
  | { readonly kind: 'unary'; handle(request: Uint8Array, call: SessionCall): Promise<Uint8Array> }
  /** The call ends, with status ok, when `handle` resolves. */
  | { readonly kind: 'stream'; handle(call: SessionStream): Promise<void> };

/** A gRPC service that a build session offers to the builder. */
export interface SessionService {
  /** Full name: `moby.filesync.v1.Auth`. */
  readonly name: string;
  /** By method name: `Credentials`. A method that is not here answers `unimplemented`. */
  readonly methods: Readonly<Record<string, SessionMethod>>;
}
