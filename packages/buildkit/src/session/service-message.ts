import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { GrpcError, grpcStatus } from './service.js';

/** A message of the builder. @throws GrpcError when it is malformed */
export function readMessage<Schema extends DescMessage>(schema: Schema, message: Uint8Array): MessageShape<Schema> {
  try {
    return fromBinary(schema, message);
  } catch {
    throw new GrpcError(grpcStatus.invalidArgument, 'the message makes no sense');
  }
}

/** A message for the builder. */
export function writeMessage<Schema extends DescMessage>(
  schema: Schema,
  message: MessageInitShape<Schema>,
): Uint8Array {
  return toBinary(schema, create(schema, message));
}
