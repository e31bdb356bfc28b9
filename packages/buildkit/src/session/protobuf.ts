/** One field of a protobuf message as it is on the wire. */
export interface ProtoField {
  readonly number: number;
  /** Varints and fixed numbers; 0n for the length-delimited. */
  readonly integer: bigint;
  /** The bytes of a length-delimited field; empty otherwise. */
  readonly bytes: Uint8Array;
}

const empty = new Uint8Array(0);
const decoder = new TextDecoder();
const encoder = new TextEncoder();

function readVarint(buffer: Uint8Array, start: number): { value: bigint; next: number } {
  const first = buffer[start] ?? 0x80;
  if (first < 0x80) return { value: BigInt(first), next: start + 1 };
  let value = 0n;
  for (let at = start, shift = 0n; at < buffer.length && shift < 70n; at += 1, shift += 7n) {
    const byte = buffer[at] ?? 0;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return { value: BigInt.asUintN(64, value), next: at + 1 };
  }
  throw new RangeError('protobuf: a varint is cut or too long');
}

/**
 * The fields of a protobuf message in order (protobuf.dev/programming-guides/encoding); groups are refused.
 *
 * @throws RangeError when the message is malformed
 */
export function readFields(message: Uint8Array): ProtoField[] {
  const fields: ProtoField[] = [];
  let at = 0;
  while (at < message.length) {
    const tag = readVarint(message, at);
    const number = Number(tag.value >> 3n);
    const wireType = Number(tag.value & 7n);
    at = tag.next;
    if (wireType === 0) {
      const { value, next } = readVarint(message, at);
      fields.push({ number, integer: value, bytes: empty });
      at = next;
      continue;
    }
    const length = wireType === 2 ? readVarint(message, at) : undefined;
    const size = wireType === 1 ? 8 : wireType === 5 ? 4 : Number(length?.value ?? -1n);
    const begin = length?.next ?? at;
    if (size < 0) throw new RangeError(`protobuf: wire type ${wireType} is not supported`);
    if (begin + size > message.length) throw new RangeError('protobuf: a field is cut');
    const bytes = message.subarray(begin, begin + size);
    fields.push({
      number,
      integer: length === undefined ? littleEndian(bytes) : 0n,
      bytes: length === undefined ? empty : bytes,
    });
    at = begin + size;
  }
  return fields;
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** Text of a length-delimited field. */
export function fieldText(field: ProtoField): string {
  return decoder.decode(field.bytes);
}

/** A varint field as a signed number (int64 on the wire); exact up to 2^53. */
export function fieldNumber(field: ProtoField): number {
  return Number(BigInt.asIntN(64, field.integer));
}

/** Appends a varint. Numbers of 2^53 and more, and negative ones, come as 64-bit integers. */
function pushVarint(bytes: number[], value: number | bigint): void {
  let rest: number;
  if (typeof value === 'number' && value >= 0 && Number.isSafeInteger(value)) {
    rest = value;
  } else {
    // Four bytes of it by bigint, the rest fits a number.
    const wide = BigInt.asUintN(64, BigInt(value));
    if (wide > 0xfffffffn) {
      for (let low = Number(wide & 0xfffffffn), count = 0; count < 4; count += 1, low >>>= 7)
        bytes.push((low & 0x7f) | 0x80);
      rest = Number(wide >> 28n);
    } else {
      rest = Number(wide);
    }
  }
  while (rest > 0x7f) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
}

/** Builds a protobuf message field by field. Zero values are left out, as proto3 does; use `always` where presence matters. */
export class ProtoWriter {
  /** Single bytes since the last part. */
  #bytes: number[] = [];
  readonly #parts: Uint8Array[] = [];

  /** A varint field (int32, int64, uint32, uint64, bool, enum). */
  integer(number: number, value: number | bigint | boolean): this {
    const wide = typeof value === 'boolean' ? Number(value) : value;
    if (wide === 0 || wide === 0n) return this;
    pushVarint(this.#bytes, number * 8);
    pushVarint(this.#bytes, wide);
    return this;
  }

  /** A string field. */
  text(number: number, value: string): this {
    return this.bytes(number, encoder.encode(value));
  }

  /** A bytes field, or a finished sub-message. `always` writes it even when empty. */
  bytes(number: number, value: Uint8Array, options: { readonly always?: boolean } = {}): this {
    if (value.length === 0 && options.always !== true) return this;
    pushVarint(this.#bytes, number * 8 + 2);
    pushVarint(this.#bytes, value.length);
    this.#seal();
    this.#parts.push(value);
    return this;
  }

  /** What stands before a bytes field of a length; its bytes follow the message. Nothing when there are none. */
  head(number: number, length: number): this {
    if (length === 0) return this;
    pushVarint(this.#bytes, number * 8 + 2);
    pushVarint(this.#bytes, length);
    return this;
  }

  /** The message. */
  finish(): Uint8Array {
    this.#seal();
    const [only] = this.#parts;
    return this.#parts.length === 1 && only !== undefined ? only : Buffer.concat(this.#parts);
  }

  #seal(): void {
    if (this.#bytes.length === 0) return;
    this.#parts.push(Uint8Array.from(this.#bytes));
    this.#bytes = [];
  }
}
