import {
  create,
  fromBinary,
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import type { GrpcChannel, StreamCall } from '../rpc/channel.js';
import {
  DiskUsageRequestSchema,
  type DiskUsageResponse,
  DiskUsageResponseSchema,
  InfoRequestSchema,
  type InfoResponse,
  InfoResponseSchema,
  ListWorkersRequestSchema,
  ListWorkersResponseSchema,
  SolveRequestSchema,
  type SolveResponse,
  SolveResponseSchema,
  StatusRequestSchema,
  type StatusResponse,
  StatusResponseSchema,
  type WorkerRecord,
} from '../wire/control_pb.js';
import { ReadContentRequestSchema, ReadContentResponseSchema } from '../wire/content_pb.js';

const service = '/moby.buildkit.v1.Control';

/** What the builder sent. @throws RangeError when it is malformed */
function decode<Answer extends DescMessage>(schema: Answer, message: Uint8Array): MessageShape<Answer> {
  try {
    return fromBinary(schema, message);
  } catch (error) {
    throw new RangeError(`protobuf: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** One message of a build's status. @throws RangeError when it is malformed */
export function statusResponse(message: Uint8Array): StatusResponse {
  return decode(StatusResponseSchema, message);
}

/** A limit of one call. */
export interface ControlScope {
  readonly signal?: AbortSignal | undefined;
}

/** The methods of BuildKit's control API (`moby.buildkit.v1.Control`) that dock uses, on one connection. */
export class ControlClient {
  readonly #channel: GrpcChannel;

  constructor(channel: GrpcChannel) {
    this.#channel = channel;
  }

  /** Build. Settles with the build; its steps are told by {@link status} of the same `ref`. @throws CallFailure, ConnectionLost, RangeError */
  solve(request: MessageInitShape<typeof SolveRequestSchema>, scope: ControlScope = {}): Promise<SolveResponse> {
    return this.#unary('Solve', [SolveRequestSchema, request], SolveResponseSchema, scope);
  }

  /** What a build does, until it is over. It may be asked for before the build has begun. */
  async *status(ref: string, { signal }: ControlScope = {}): AsyncGenerator<StatusResponse, void, void> {
    const request = toBinary(StatusRequestSchema, create(StatusRequestSchema, { ref }));
    const { messages } = this.#channel.stream(`${service}/Status`, { signal }, request);
    for await (const message of messages) yield statusResponse(message);
  }

  /** Offer a session: a stream of bytes in both directions on which the builder is the client. */
  session(metadata: Readonly<Record<string, string | string[]>>, scope: ControlScope = {}): StreamCall {
    return this.#channel.stream(`${service}/Session`, { ...scope, metadata });
  }

  /** Who builds there, for which platforms. */
  async listWorkers(scope: ControlScope = {}): Promise<readonly WorkerRecord[]> {
    return (await this.#unary('ListWorkers', [ListWorkersRequestSchema, {}], ListWorkersResponseSchema, scope)).record;
  }

  /** The builder's version. @throws CallFailure, unknown method, before BuildKit 0.11 */
  info(scope: ControlScope = {}): Promise<InfoResponse> {
    return this.#unary('Info', [InfoRequestSchema, {}], InfoResponseSchema, scope);
  }

  /** What the builder's cache holds. */
  diskUsage(scope: ControlScope = {}): Promise<DiskUsageResponse> {
    return this.#unary('DiskUsage', [DiskUsageRequestSchema, {}], DiskUsageResponseSchema, scope);
  }

  /**
   * A blob of the builder's own store, as the builder has it: nobody has hashed it. BuildKits serve it from 0.11 on, for what they have built.
   *
   * @throws CallFailure; RangeError when it is larger than `maxBytes`
   */
  async content(digest: string, maxBytes: number, scope: ControlScope = {}): Promise<Buffer> {
    const request = toBinary(ReadContentRequestSchema, create(ReadContentRequestSchema, { digest }));
    const call = this.#channel.stream('/containerd.services.content.v1.Content/Read', scope, request);
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const message of call.messages) {
      const { data } = decode(ReadContentResponseSchema, message);
      parts.push(data);
      length += data.length;
      if (length > maxBytes) {
        call.cancel();
        throw new RangeError(`the blob "${digest}" is larger than ${maxBytes} bytes`);
      }
    }
    return Buffer.concat(parts);
  }

  async #unary<Request extends DescMessage, Answer extends DescMessage>(
    method: string,
    [schema, request]: readonly [Request, MessageInitShape<Request>],
    answer: Answer,
    scope: ControlScope,
  ): Promise<MessageShape<Answer>> {
    const bytes = toBinary(schema, create(schema, request));
    return decode(answer, await this.#channel.unary(`${service}/${method}`, bytes, scope));
  }
}
