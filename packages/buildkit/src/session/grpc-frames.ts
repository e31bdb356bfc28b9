import { GrpcError, grpcStatus } from './service.js';

/** Largest message that is taken, bytes. */
export const messageLimit = 16 * 1024 * 1024;

/** Bytes before a message. */
export const frameHeadSize = 5;

/** Write what stands before a message of a length: one byte that says "not compressed", four bytes big-endian length (grpc/doc/PROTOCOL-HTTP2.md). */
export function writeFrameHead(into: Buffer, at: number, length: number): void {
  into[at] = 0;
  into.writeUInt32BE(length, at + 1);
}

/** A whole gRPC message frame. */
export function frameMessage(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(frameHeadSize + message.length);
  writeFrameHead(frame, 0, message.length);
  frame.set(message, frameHeadSize);
  return frame;
}

/** The messages of a stream of frames, whatever its chunk borders. @throws GrpcError for compressed, oversized and cut messages */
export async function* readMessages(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, void> {
  let parts: Uint8Array[] = [];
  let size = 0;
  let wanted = 5;
  let isHead = true;
  for await (const chunk of chunks) {
    parts.push(chunk);
    size += chunk.length;
    while (size >= wanted) {
      const bytes =
        parts.length === 1 && parts[0] !== undefined
          ? Buffer.from(parts[0].buffer, parts[0].byteOffset, size)
          : Buffer.concat(parts, size);
      const unit = bytes.subarray(0, wanted);
      const rest = bytes.subarray(wanted);
      parts = rest.length === 0 ? [] : [rest];
      size = rest.length;
      if (!isHead) {
        isHead = true;
        wanted = 5;
        yield unit;
        continue;
      }
      if (unit[0] !== 0) throw new GrpcError(grpcStatus.unimplemented, 'compressed messages are not supported');
      wanted = unit.readUInt32BE(1);
      if (wanted > messageLimit)
        throw new GrpcError(grpcStatus.resourceExhausted, `a message of ${wanted} bytes is over the limit`);
      isHead = wanted === 0;
      if (!isHead) continue;
      wanted = 5;
      yield Buffer.alloc(0);
    }
  }
  if (size > 0 || !isHead) throw new GrpcError(grpcStatus.internal, 'the stream ended inside a message');
}
