import { fromBinary } from '@bufbuild/protobuf';
import { isDigest } from '@dock/core';
import type { BuilderFailure } from '@dock/core/internal';
import { BrokenCall, type CallFailure } from '../rpc/call-failure.js';
import { grpcStatus } from '../session/service.js';
import { ErrorSourceSchema, ErrorStatusSchema, type SolveResponse } from '../wire/control_pb.js';
import type { BuildAnswer } from './status-reader.js';

/** What a build that worked says of its image (moby/buildkit, `exporter/containerimage/exptypes`). */
export function answerOf({ exporterResponse }: SolveResponse): BuildAnswer {
  const { 'containerimage.digest': imageId, 'containerimage.config.digest': configDigest } = exporterResponse;
  const isIndex = mediaTypeOf(exporterResponse['containerimage.descriptor']);
  return {
    imageId: imageId !== undefined && isDigest(imageId) ? imageId : undefined,
    ...(configDigest !== undefined && isDigest(configDigest) ? { configDigest } : {}),
    ...(isIndex === undefined ? {} : { isIndex: /index|manifest\.list/.test(isIndex) }),
    response: exporterResponse,
    failure: undefined,
  };
}

function mediaTypeOf(descriptor: string | undefined): string | undefined {
  if (descriptor === undefined) return undefined;
  try {
    const { mediaType } = JSON.parse(Buffer.from(descriptor, 'base64').toString('utf8')) as { mediaType?: unknown };
    return typeof mediaType === 'string' ? mediaType : undefined;
  } catch {
    return undefined;
  }
}

/** Kinds of details that an error carries (moby/buildkit, `solver/errdefs`), as the end of their type's address. */
const kinds = { source: 'errdefs.Source', vertex: 'errdefs.Vertex', exit: 'gatewayapi.ExitMessage' } as const;

/**
 * Whether a failure is the builder's word on the build. It is not when the call broke, nor when the way to the builder speaks: a proxy, or a server that
 * shuts down, says "unavailable" or "unimplemented" without the details that a builder sends along.
 */
export function isOfBuild(failure: CallFailure): boolean {
  if (failure instanceof BrokenCall) return false;
  return failure.details !== undefined || !(failure.status === grpcStatus.unavailable || failure.isUnknownMethod);
}

/** What a build that failed says: newer servers tell lines, step and exit status apart from the words. */
export function failureOf({ message, details }: CallFailure): BuildAnswer {
  const parts = details === undefined ? [] : detailsOf(details);
  const lines = parts.flatMap((part) => linesOf(part) ?? [])[0];
  const exit = jsonOf(parts, kinds.exit)?.Code;
  const vertex = jsonOf(parts, kinds.vertex)?.digest;
  const failure: BuilderFailure = {
    message,
    ...(typeof exit === 'number' ? { code: exit } : {}),
    ...(lines === undefined ? {} : { lines }),
  };
  return { imageId: undefined, failure, vertex: typeof vertex === 'string' ? vertex : undefined };
}

interface Detail {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

function detailsOf(bytes: Uint8Array): readonly Detail[] {
  try {
    return fromBinary(ErrorStatusSchema, bytes).details;
  } catch {
    // The words are there in any case.
    return [];
  }
}

type Json = Readonly<Record<string, unknown>>;

function parse({ value }: Detail): Json | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(value).toString('utf8'));
    return typeof parsed === 'object' && parsed !== null ? (parsed as Json) : undefined;
  } catch {
    return undefined;
  }
}

function jsonOf(details: readonly Detail[], kind: string): Json | undefined {
  const found = details.find(({ typeUrl }) => typeUrl.includes(kind));
  return found === undefined ? undefined : parse(found);
}

interface SourceRange {
  readonly start?: { readonly line?: number } | undefined;
  readonly end?: { readonly line?: number } | undefined;
}

/** Lines of the instruction: as JSON, which is what servers send, or as protobuf, which is what its type says. */
function linesOf(detail: Detail): BuilderFailure['lines'] {
  if (!detail.typeUrl.includes(kinds.source)) return undefined;
  const ranges = detail.value[0] === 0x7b ? parse(detail)?.ranges : protobufRanges(detail.value);
  if (!Array.isArray(ranges)) return undefined;
  const spans = (ranges as SourceRange[]).flatMap(({ start, end }) =>
    typeof start?.line === 'number' && start.line > 0
      ? [{ startLine: start.line, endLine: end?.line ?? start.line }]
      : [],
  );
  if (spans.length === 0) return undefined;
  return {
    startLine: Math.min(...spans.map(({ startLine }) => startLine)),
    endLine: Math.max(...spans.map(({ startLine, endLine }) => Math.max(startLine, endLine))),
  };
}

function protobufRanges(value: Uint8Array): readonly SourceRange[] | undefined {
  try {
    return fromBinary(ErrorSourceSchema, value).ranges;
  } catch {
    return undefined;
  }
}
