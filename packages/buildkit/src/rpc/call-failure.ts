import { grpcStatus } from '../session/service.js';

/** A call that the other side failed: the status of gRPC that it gave, with its words. */
export class CallFailure extends Error {
  override readonly name: string = 'CallFailure';
  /** As in {@link grpcStatus}; a server may give others. */
  readonly status: number;
  /** `google.rpc.Status` in protobuf, where the server sent more than words. */
  readonly details: Uint8Array | undefined;

  constructor(status: number, message: string, details?: Uint8Array) {
    super(message);
    this.status = status;
    this.details = details;
  }

  /** Whether the server does not know the method or the service. */
  get isUnknownMethod(): boolean {
    return this.status === grpcStatus.unimplemented;
  }
}

/** A call that broke before the other side gave a status of gRPC: the status and the words are our own finding. */
export class BrokenCall extends CallFailure {
  override readonly name: string = 'BrokenCall';
}

/** The connection went away under a call. It looks like the error of a socket, which is what it is to whoever asks why. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
  readonly code = 'ECONNRESET';
}
