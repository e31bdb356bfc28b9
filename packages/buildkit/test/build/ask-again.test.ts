import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { create, toBinary } from '@bufbuild/protobuf';
import type { BuildOptions, BuildOutput } from '@dock/core';
import { type FakeEngine, startFakeEngine } from '@dock/testing';
import { errorOf, portTo, specOf } from '../../../engine/test/engine-fixture.js';
import { frameMessage } from '../../src/session/grpc-frames.js';
import { BytesMessageSchema } from '../../src/wire/control_pb.js';
import { scriptBuilder, solved } from '../fake-builder.js';

const taken = `failed to create image: image "moby-dangling@sha256:${'a'.repeat(64)}": already exists`;

let engine: FakeEngine;
let directory = '';
beforeEach(async () => {
  engine = await startFakeEngine();
  directory = mkdtempSync(join(tmpdir(), 'dock-ask-again-'));
});
afterEach(async () => {
  await engine.stop();
  rmSync(directory, { recursive: true });
});

/** Send bytes to the only exporter of a build, as a builder does. @param isWhole Else the stream is left in the middle */
async function send(socket: Parameters<typeof connect>[1] & object, text: string, isWhole: boolean): Promise<void> {
  const client = connect('http://session', socket);
  client.on('error', () => undefined);
  const stream = client.request({
    ':method': 'POST',
    ':path': '/moby.filesync.v1.FileSend/DiffCopy',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  stream.on('error', () => undefined);
  await new Promise((resolve) => stream.once('response', resolve));
  stream.write(
    frameMessage(toBinary(BytesMessageSchema, create(BytesMessageSchema, { data: new TextEncoder().encode(text) }))),
  );
  if (!isWhole) return;
  stream.resume().end();
  await new Promise((resolve) => stream.once('close', resolve));
}

/** A builder whose first try sends the start of an output and loses the race for its image. @param got Settles when that start has arrived */
function raceOnce(got: () => Promise<void>): { readonly sessions: () => number } {
  let [sessions, wake] = [0, (): void => undefined];
  const sent: (() => Promise<void>)[] = [];
  engine.on('POST', '/session', {
    hijack: async (socket) => {
      sessions += 1;
      const isFirst = sessions === 1;
      sent.push(() => send({ createConnection: () => socket }, isFirst ? 'of the first try' : 'second', !isFirst));
      wake();
      await new Promise((resolve) => socket.once('close', resolve));
    },
  });
  scriptBuilder(engine, {
    Solve: async (call) => {
      if (sent.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      await sent.pop()?.();
      if (sessions > 1) {
        call.send(solved());
        return call.end();
      }
      await got();
      call.end(2, taken);
    },
  });
  return { sessions: () => sessions };
}

const build = async (output: string, options: BuildOptions = {}) => {
  const spec = specOf(directory, 'FROM busybox:1\n', { builder: 'buildkit', outputs: [output] });
  await (await portTo(engine.socketPath)).buildOutputs(spec, options);
};

/** Until something was done that nobody tells of. */
async function until(isDone: () => boolean): Promise<void> {
  while (!isDone()) await new Promise((resolve) => setImmediate(resolve));
}

describe('a build that is asked for again when a part of its output has been sent', () => {
  test('writes its file from the start, and leaves nothing of the first try', async () => {
    const dest = join(directory, 'out.tar');
    writeFileSync(dest, 'before');
    const partial = () => readdirSync(directory).find((name) => name.startsWith('.out.tar.dock-'));
    const { sessions } = raceOnce(() =>
      until(() => readFileSync(join(directory, partial() ?? 'out.tar'), 'utf8') === 'of the first try'),
    );
    const told: BuildOutput[] = [];
    await build(`type=tar,dest=${dest}`, { onOutput: (output) => told.push(output) });
    expect([readFileSync(dest, 'utf8'), readdirSync(directory), sessions()]).toEqual(['second', ['out.tar'], 2]);
    expect(told).toEqual([{ type: 'tar', dest, bytes: 6 }]);
  });

  test('fails where that went to standard output, and says why', async () => {
    const out = new PassThrough();
    const { sessions } = raceOnce(() => until(() => out.readableLength > 0));
    const error = await errorOf(build('type=tar,dest=-', { openStandardOutput: () => out }));
    expect(error).toMatchObject({ code: 'OUTPUT_FAILED', retryable: true });
    expect(error.message).toMatch(/asked for this build again \(.*already exists\), and standard output has a part/s);
    expect(sessions()).toBe(1);
  });
});
