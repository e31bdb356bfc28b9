import { fieldNumber, fieldText, type ProtoField, readFields } from '@dock/buildkit';

/** A step of BuildKit's graph, as one message tells of it. */
export interface TraceVertex {
  readonly digest: string;
  readonly name: string;
  readonly isCached: boolean;
  /** ms since 1970. */
  readonly startedAt?: number;
  readonly completedAt?: number;
  /** Empty when it did not fail. */
  readonly error: string;
}

/** Progress within a step: a layer that is fetched, a file that is sent. */
export interface TraceStatus {
  readonly id: string;
  readonly vertex: string;
  readonly name: string;
  readonly current: number;
  readonly total: number;
}

/** Output of a step. */
export interface TraceLog {
  readonly vertex: string;
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Uint8Array;
}

/** A warning of the Dockerfile frontend. */
export interface TraceWarning {
  readonly vertex: string;
  readonly text: string;
}

/** One `moby.buildkit.trace` message. */
export interface Trace {
  readonly vertexes: readonly TraceVertex[];
  readonly statuses: readonly TraceStatus[];
  readonly logs: readonly TraceLog[];
  readonly warnings: readonly TraceWarning[];
}

type Fields = ReadonlyMap<number, ProtoField>;

/** Fields by number; of a repeated one the last. */
function fieldsOf(bytes: Uint8Array): Fields {
  return new Map(readFields(bytes).map((field) => [field.number, field]));
}

function text(fields: Fields, number: number): string {
  const field = fields.get(number);
  return field === undefined ? '' : fieldText(field);
}

function integer(fields: Fields, number: number): number {
  const field = fields.get(number);
  return field === undefined ? 0 : fieldNumber(field);
}

/** `google.protobuf.Timestamp` in ms. */
function time(fields: Fields, number: number): number | undefined {
  const field = fields.get(number);
  if (field === undefined) return undefined;
  const parts = fieldsOf(field.bytes);
  return integer(parts, 1) * 1000 + integer(parts, 2) / 1e6;
}

function vertex(bytes: Uint8Array): TraceVertex {
  const fields = fieldsOf(bytes);
  const startedAt = time(fields, 5);
  const completedAt = time(fields, 6);
  return {
    digest: text(fields, 1),
    name: text(fields, 3),
    isCached: integer(fields, 4) !== 0,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(completedAt === undefined ? {} : { completedAt }),
    error: text(fields, 7),
  };
}

function status(bytes: Uint8Array): TraceStatus {
  const fields = fieldsOf(bytes);
  return {
    id: text(fields, 1),
    vertex: text(fields, 2),
    name: text(fields, 3),
    current: integer(fields, 4),
    total: integer(fields, 5),
  };
}

function log(bytes: Uint8Array): TraceLog {
  const fields = fieldsOf(bytes);
  return {
    vertex: text(fields, 1),
    stream: integer(fields, 3) === 2 ? 'stderr' : 'stdout',
    bytes: fields.get(4)?.bytes ?? new Uint8Array(0),
  };
}

function warning(bytes: Uint8Array): TraceWarning {
  const fields = fieldsOf(bytes);
  return { vertex: text(fields, 1), text: text(fields, 3) };
}

/**
 * Decode the base64 protobuf of a `moby.buildkit.trace` message (BuildKit `api/services/control/control.proto`, StatusResponse), as far as
 * dock shows it.
 *
 * @throws RangeError when it is malformed
 */
export function decodeTrace(base64: string): Trace {
  const fields = readFields(Buffer.from(base64, 'base64'));
  const all = <T>(number: number, read: (bytes: Uint8Array) => T): T[] =>
    fields.filter((field) => field.number === number).map(({ bytes }) => read(bytes));
  return { vertexes: all(1, vertex), statuses: all(2, status), logs: all(3, log), warnings: all(4, warning) };
}
