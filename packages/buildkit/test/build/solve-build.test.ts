import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { create, toBinary } from '@bufbuild/protobuf';
import type { BuildSpec, EngineEvent, EngineImage } from '@dock/core';
import { errorResponse, type FakeEngine, startFakeEngine } from '@dock/testing';
import { errorOf, portTo, specOf } from '../../../engine/test/engine-fixture.js';
import { grpcStatus } from '../../src/session/service.js';
import { ErrorStatusSchema } from '../../src/wire/control_pb.js';
import { type BuilderCall, type BuilderScript, imageId, scriptBuilder, solved, step } from '../fake-builder.js';

let engine: FakeEngine;
let contextDir = '';
beforeEach(async () => {
  engine = await startFakeEngine();
  engine.on('GET', `/images/${imageId}/json`, {
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ Id: imageId, Os: 'linux', Architecture: 'amd64' }),
  });
  contextDir = mkdtempSync(join(tmpdir(), 'dock-solve-'));
});
afterEach(async () => {
  await engine.stop();
  rmSync(contextDir, { recursive: true });
});

interface Asked {
  readonly more?: Partial<BuildSpec>;
  readonly idleTimeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly events?: EngineEvent[];
}

async function build(script: BuilderScript, { more, events = [], ...options }: Asked = {}): Promise<EngineImage> {
  scriptBuilder(engine, script);
  const spec = specOf(contextDir, 'FROM busybox:1\nRUN make\n', { builder: 'buildkit', ...more });
  return (await portTo(engine.socketPath)).build(spec, { ...options, onEvent: (event) => events.push(event) });
}

const warnings = (events: readonly EngineEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));

/** Something that one call does and another waits for. */
function signalled(): { readonly promise: Promise<void>; readonly give: () => void } {
  let give = (): void => undefined;
  const promise = new Promise<void>((resolve) => (give = resolve));
  return { promise, give: () => give() };
}

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const { internal, unavailable, unimplemented, unknown } = grpcStatus;

/** An answer with a length that is right and bytes that are no message of protobuf: a tag of field 0. */
const malformed = (call: BuilderCall): void => {
  call.send(Buffer.from([0, 0]));
  call.end();
};
/** The first byte of a frame says that the message is compressed. */
const compressed = ({ stream }: BuilderCall): void => {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
  stream.write(Buffer.from([1, 0, 0, 0, 1, 0]));
};
const cut = ({ stream }: BuilderCall): void => {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(Buffer.from([0, 0, 0, 0, 9, 1]));
};
const page =
  (status: number) =>
  ({ stream }: BuilderCall): void => {
    stream.respond({ ':status': status, 'content-type': 'text/html' });
    stream.end('<html>Bad Gateway</html>');
  };

describe('a call that breaks is no failure of the build', () => {
  test.each<[string, (call: BuilderCall) => void, string, boolean, string]>([
    ['a page of a proxy', page(502), 'DAEMON_ERROR', true, 'answered with HTTP 502, which is no gRPC'],
    ['a page that knows no such address', page(404), 'DAEMON_ERROR', false, 'answered with HTTP 404'],
    ['a reset', ({ stream }) => stream.close(2), 'DAEMON_ERROR', true, '(HTTP/2 code 2)'],
    ['a proxy without a server', (call) => call.end(unavailable, 'no upstream'), 'DAEMON_ERROR', true, 'no upstream'],
    ['no such method', (call) => call.end(unimplemented, 'unknown service'), 'DAEMON_ERROR', false, 'unknown service'],
    ['the end of the connection', ({ socket }) => void socket.destroy(), 'DAEMON_LOST', true, 'went away'],
    ['a malformed message', malformed, 'DAEMON_PROTOCOL', true, 'protobuf: '],
    ['a compressed message', compressed, 'DAEMON_PROTOCOL', true, 'compressed messages are not supported'],
    ['a message that is cut', cut, 'DAEMON_PROTOCOL', true, 'ended inside a message'],
    ['no message at all', (call) => call.end(), 'DAEMON_PROTOCOL', true, 'ended without an answer'],
  ])('%s', async (_name, Solve, code, retryable, words) => {
    const error = await errorOf(build({ Solve }));
    expect(error).toMatchObject({ code, exitStatus: 3, retryable });
    expect(error.message).toContain(words);
  });

  test('a failure that is too long for its trailers is a reset, and told by its step', async () => {
    const error = await errorOf(
      build({
        Solve: async ({ stream }) => {
          await later(100);
          stream.close(2);
        },
        Status: async (call) => {
          call.send(step('d1', '[2/2] RUN make', 'exit code: 3'));
          await later(200);
          call.end();
        },
      }),
    );
    expect(error).toMatchObject({ code: 'BUILD_STEP_FAILED', exitStatus: 1, details: { exitCode: 3 } });
  });

  test('a failure whose answer never comes is told by its step, once the status is over', async () => {
    const events: EngineEvent[] = [];
    const error = await errorOf(
      build(
        {
          Solve: () => undefined,
          Status: (call) => {
            call.send(step('d1', '[2/2] RUN make', 'exit code: 3'));
            call.end();
          },
        },
        { events },
      ),
    );
    expect(error).toMatchObject({ code: 'BUILD_STEP_FAILED', exitStatus: 1, details: { exitCode: 3 } });
    expect(events).toContainEqual(expect.objectContaining({ type: 'step.end', status: 'failed' }));
  });

  test('a build whose answer never comes can be cancelled while it is waited for', async () => {
    const cancel = new AbortController();
    const running = errorOf(build({ Solve: () => undefined }, { signal: cancel.signal }));
    await later(200);
    cancel.abort();
    expect(await running).toMatchObject({ code: 'CANCELLED' });
  });

  test('a connection that ends inside a message is lost', async () => {
    const Solve = ({ stream, socket }: BuilderCall): void => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
      stream.write(Buffer.from([0, 0, 0, 0, 9, 1]), () => setTimeout(() => socket.destroy(), 50));
    };
    expect(await errorOf(build({ Solve }))).toMatchObject({ code: 'DAEMON_LOST' });
  });

  test('a builder that breaks off because its engine goes away is lost', async () => {
    const Solve = async (call: BuilderCall): Promise<void> => {
      engine.on('GET', '/_ping', { body: ['OK'], cutAfterBytes: 1 });
      call.end(unavailable, 'transport is closing');
    };
    const error = await errorOf(build({ Solve }));
    expect(error).toMatchObject({ code: 'DAEMON_LOST', message: expect.stringContaining('transport is closing') });
  });

  test.each<[string, Parameters<BuilderCall['end']>]>([
    ['without a status of its own', [unknown, 'no luck']],
    ['with a status of another call', [internal, 'no luck']],
    [
      'that a registry was not there, with its details',
      [
        unavailable,
        'no luck',
        {
          'grpc-status-details-bin': Buffer.from(
            toBinary(ErrorStatusSchema, create(ErrorStatusSchema, { message: 'no luck' })),
          ).toString('base64'),
        },
      ],
    ],
  ])('what the builder says of the build is: %s', async (_name, end) => {
    const error = await errorOf(build({ Solve: (call) => call.end(...end) }));
    expect(error).toMatchObject({ code: 'BUILD_FAILED', exitStatus: 1, details: { engineMessage: 'no luck' } });
  });

  test.each<[string, string, string, Partial<BuildSpec>]>([
    ['the image of a build', 'GET', `/images/${imageId}/json`, {}],
    ['the way to the builder', 'POST', '/grpc', {}],
    ['the bridge', 'GET', '/networks/bridge', { addHosts: ['me:host-gateway'] }],
  ])('an answer 500 about %s is the engine’s', async (_name, method, path, more) => {
    scriptBuilder(engine, {});
    engine.on(method, path, errorResponse(500, 'broken'));
    const spec = specOf(contextDir, 'FROM busybox:1\n', { builder: 'buildkit', ...more });
    const error = await errorOf((await portTo(engine.socketPath)).build(spec));
    expect(error).toMatchObject({ code: 'DAEMON_ERROR', exitStatus: 3, message: expect.stringContaining('broken') });
  });
});

describe('the progress of a build', () => {
  test.each<[string, (call: BuilderCall) => void, string]>([
    ['is malformed', malformed, 'protobuf: '],
    ['is compressed', compressed, 'compressed messages are not supported'],
    ['is refused', (call) => call.end(unknown, 'no such job'), 'no such job'],
  ])('that %s is told, and its silence ends no build', async (_name, Status, words) => {
    const events: EngineEvent[] = [];
    const Solve = async (call: BuilderCall): Promise<void> => {
      await later(900);
      call.send(solved());
      call.end();
    };
    expect(await build({ Status, Solve }, { events, idleTimeoutMs: 300 })).toMatchObject({ id: imageId });
    expect(warnings(events)).toEqual([
      expect.stringMatching(new RegExp(`^the builder's progress cannot be read: .*${words}`)),
    ]);
  });

  test('that only says nothing ends it', async () => {
    const error = await errorOf(build({ Status: () => undefined, Solve: () => undefined }, { idleTimeoutMs: 300 }));
    expect(error).toMatchObject({ code: 'TIMEOUT' });
  });

  test('that does not end is cut off, and that is told', async () => {
    const events: EngineEvent[] = [];
    const Status = (call: BuilderCall): void => call.send(step('d1', '[2/2] RUN make', ''));
    expect(await build({ Status }, { events })).toMatchObject({ id: imageId });
    expect(warnings(events)).toEqual([expect.stringMatching(/^the builder's progress was cut off: .* 5 seconds/)]);
  }, 20_000);

  test('that comes after the answer still tells the step that failed', async () => {
    const over = signalled();
    const error = await errorOf(
      build({
        Solve: (call) => {
          call.end(unknown, 'failed to solve: exit code: 3');
          over.give();
        },
        Status: async (call) => {
          await over.promise;
          for (const error of [undefined, 'exit code: 3']) {
            await later(100);
            call.send(step('d1', '[2/2] RUN make', error));
          }
          call.end();
        },
      }),
    );
    expect(error).toMatchObject({ code: 'BUILD_STEP_FAILED', details: { exitCode: 3, instruction: 'RUN make' } });
  });
});

describe('a build that another one was faster than', () => {
  const taken = `failed to create image: image "moby-dangling@sha256:${'a'.repeat(64)}": already exists`;
  const exporting = 'exporting to image';

  /** The first builds lose the race, with the step that says so. */
  function racing(losses: number): BuilderScript {
    let [status, solve] = [0, 0];
    return {
      Status: (call) => {
        status += 1;
        call.send(step('d1', '[2/2] RUN make', ''));
        const isLost = status <= losses;
        call.send(step(`e${status}`, exporting, isLost ? taken : ''));
        call.send(step('d2', 'later', ''));
        call.end();
      },
      Solve: async (call) => {
        solve += 1;
        const isLost = solve <= losses;
        await later(100);
        if (isLost) return call.end(unknown, taken);
        call.send(solved());
        call.end();
      },
    };
  }
  const ends = (events: readonly EngineEvent[]): string[] =>
    events.flatMap((event) => (event.type === 'step.end' ? [event.status] : []));

  test('is asked for again, without a failed step and without a warning', async () => {
    const events: EngineEvent[] = [];
    expect(await build(racing(1), { events })).toMatchObject({ id: imageId });
    expect(warnings(events)).toEqual([]);
    const exports = events.flatMap((event) =>
      event.type === 'step.start' && event.name === exporting ? [event.step] : [],
    );
    const told = events.flatMap((event) =>
      event.type === 'step.end' && exports.includes(event.step) ? [event.status] : [],
    );
    expect(told).toEqual(['cancelled', 'ok']);
  });

  test('fails when it loses every time', async () => {
    const events: EngineEvent[] = [];
    const error = await errorOf(build(racing(9), { events }));
    expect(error).toMatchObject({ code: 'BUILD_FAILED', message: expect.stringContaining('already exists') });
    expect(ends(events).filter((status) => status === 'failed')).toHaveLength(1);
  });
});

test('a message of the session that cannot be read ends the build, and is its cause', async () => {
  engine.on('POST', '/session', errorResponse(404, 'page not found'));
  const closed = signalled();
  const error = await errorOf(
    build({
      Session: (call) => {
        call.stream.resume();
        call.stream.once('close', () => closed.give());
        // A field that is cut.
        call.send(Buffer.from([0x0a, 9, 1]));
      },
      Solve: async (call) => {
        await closed.promise;
        call.end(unknown, 'no active session');
      },
    }),
  );
  expect(error).toMatchObject({ code: 'DAEMON_PROTOCOL', exitStatus: 3 });
  expect(error.message).toBe("The builder's messages in the session make no sense: protobuf: a field is cut.");
});
