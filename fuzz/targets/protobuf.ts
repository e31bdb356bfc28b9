import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { failureOf } from '../../packages/buildkit/src/build/solve-answer.js';
import { StatusReader } from '../../packages/buildkit/src/build/status-reader.js';
import { statusResponse } from '../../packages/buildkit/src/control/control-client.js';
import { CallFailure } from '../../packages/buildkit/src/rpc/call-failure.js';
import { readPacket, statPacket } from '../../packages/buildkit/src/session/filesync/fsutil-packet.js';
import { frameMessage, readMessages } from '../../packages/buildkit/src/session/grpc-frames.js';
import { fieldNumber, ProtoWriter, readFields } from '../../packages/buildkit/src/session/protobuf.js';
import { GrpcError } from '../../packages/buildkit/src/session/service.js';
import { bytes, chunksOf, cuts } from '../arbitraries.js';
import { fuzzTarget, orError } from '../fuzz-target.js';

const field = fc.record({
  number: fc.integer({ min: 1, max: 12 }),
  value: fc.oneof(fc.integer(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String), fc.string()),
});
interface Field {
  readonly number: number;
  readonly value: number | string;
}
const isInteger = (value: number | string): boolean => typeof value === 'number' || /^-?\d+$/.test(value);

function write(fields: readonly Field[]): Uint8Array {
  const writer = new ProtoWriter();
  for (const { number, value } of fields) {
    if (isInteger(value)) writer.integer(number, BigInt(value));
    else writer.text(number, String(value));
  }
  return writer.finish();
}

/** Messages within messages, as BuildKit sends them, with bytes that are wrong. */
const nested = fc
  .tuple(
    fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.array(field, { maxLength: 8 })), { maxLength: 5 }),
    bytes(10),
    fc.nat({ max: 200 }),
  )
  .map(([messages, noise, at]) => {
    const writer = new ProtoWriter();
    for (const [number, fields] of messages) writer.bytes(number, write(fields));
    const whole = Buffer.from(writer.finish());
    const place = at % (whole.length + 1);
    return Buffer.concat([whole.subarray(0, place), Buffer.from(noise, 'base64'), whole.subarray(place)]).toString(
      'base64',
    );
  });

export const protobuf = fuzzTarget({
  name: 'protobuf',
  input: fc.record({ fields: fc.array(field, { maxLength: 8 }), noise: fc.oneof(bytes(80), nested) }),
  check({ fields, noise }) {
    const kept = fields.filter(({ value }) => (isInteger(value) ? BigInt(value) !== 0n : value !== ''));
    const read = readFields(write(fields));
    assert.deepEqual(
      read.map((each) =>
        each.bytes.length > 0
          ? [each.number, Buffer.from(each.bytes).toString('utf8')]
          : [each.number, BigInt.asIntN(64, each.integer)],
      ),
      kept.map(({ number, value }) =>
        isInteger(value) ? [number, BigInt(value)] : [number, Buffer.from(String(value)).toString('utf8')],
      ),
    );
    for (const each of read) fieldNumber(each);
    orError(RangeError, () => readPacket(Buffer.from(noise, 'base64')));
    readPacket(statPacket({ path: 'a', mode: 1, size: 1, mtimeNs: 1n }));
  },
});

export const buildkitStatus = fuzzTarget({
  name: 'buildkit-status',
  input: fc.array(fc.oneof({ weight: 4, arbitrary: nested }, bytes(60)), { maxLength: 5 }),
  check(messages) {
    const events: unknown[] = [];
    const reader = new StatusReader((event) => events.push(JSON.stringify(event)));
    for (const message of messages) {
      orError(RangeError, () => reader.take(statusResponse(Buffer.from(message, 'base64'))));
      assert.equal(failureOf(new CallFailure(2, 'no', Buffer.from(message, 'base64'))).failure?.message, 'no');
    }
    const { failure, imageId } = reader.finish({ imageId: undefined, failure: undefined });
    assert.equal(imageId, undefined);
    assert.ok(failure === undefined || failure.message !== '');
    const count = (type: string): number =>
      events.filter((event) => String(event).startsWith(`{"type":"${type}"`)).length;
    assert.equal(count('step.start'), count('step.end'));
  },
});

async function messages(chunks: readonly Uint8Array[]): Promise<string[]> {
  const found: string[] = [];
  try {
    for await (const message of readMessages(Readable.from(chunks))) found.push(message.toString('hex'));
  } catch (error) {
    if (!(error instanceof GrpcError)) throw error;
    found.push(`error ${error.message}`);
  }
  return found;
}

export const grpcFrames = fuzzTarget({
  name: 'grpc-frames',
  input: fc.record({ messages: fc.array(bytes(50), { maxLength: 8 }), end: bytes(20), cuts }),
  async check({ messages: sent, end, cuts: lengths }) {
    const good = Buffer.concat(sent.map((message) => frameMessage(Buffer.from(message, 'base64'))));
    assert.deepEqual(
      await messages(chunksOf(good, lengths)),
      sent.map((message) => Buffer.from(message, 'base64').toString('hex')),
    );
    const all = Buffer.concat([good, Buffer.from(end, 'base64')]);
    assert.deepEqual(await messages(chunksOf(all, lengths)), await messages([all]));
  },
});
