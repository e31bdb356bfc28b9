import { readdirSync, readFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type BuildSpec, DockError, type EngineEvent } from '@dock/core';
import type { BuildEvidence } from '@dock/core/internal';
import { baseImage, engineKinds, engineRequest, sharedEngine, type SharedRigEngine } from '@dock/testing';
import { credentialsOf, errorOf, specOf } from '../../../engine/test/engine-fixture.js';
import type { BuilderDoor } from '../../src/control/builder-door.js';
import { withControl } from '../../src/control/open-control.js';
import { solveBuild } from '../../src/solve.js';
import { rigDoor, rigDoorOf } from '../rig-door.js';
import { EngineConnection } from '../../../engine/src/transport/connection.js';

let contextDir = '';
beforeAll(() => {
  contextDir = mkdtempSync(join(tmpdir(), 'dock-solve-rig-'));
  writeFileSync(join(contextDir, 'file'), 'content');
});
afterAll(() => rmSync(contextDir, { recursive: true }));

/** Text that no other build has. */
const unique = (): string => `${process.pid}${String(Math.random()).slice(2)}`;

/** Command lines of the machine's processes. */
function commands(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')];
      } catch {
        return [];
      }
    });
}

async function until(is: () => boolean, ms: number): Promise<boolean> {
  for (const end = Date.now() + ms; !is(); ) {
    if (Date.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return true;
}

const connections = (): number => process.getActiveResourcesInfo().filter((name) => name === 'PipeWrap').length;

const kinds = engineKinds().filter(({ builders }) => builders.includes('buildkit'));

describe.each(kinds)('Engine $version with the $store store', ({ version, store }) => {
  let engine: SharedRigEngine;
  const images = new Set<string>();
  beforeAll(async () => {
    engine = await sharedEngine({ version, store });
    await baseImage(engine);
  });
  afterAll(async () => {
    for (const id of images) await engineRequest(engine.socketPath, 'DELETE', `/images/${id}?force=1`);
  });

  async function build(
    text: string,
    more: Partial<BuildSpec> = {},
    {
      door = rigDoor(engine),
      ...options
    }: {
      readonly door?: BuilderDoor;
      readonly signal?: AbortSignal;
      readonly onEvent?: (event: EngineEvent) => unknown;
    } = {},
  ): Promise<BuildEvidence> {
    const source = { credentials: credentialsOf() };
    const environment = { door, source, env: {}, machine: 'test' };
    const evidence = await solveBuild(specOf(contextDir, text, more), environment, options);
    if (evidence.imageId !== undefined) images.add(evidence.imageId);
    return evidence;
  }

  test('tells who builds there, its version where it has one to tell, and what its cache holds', async () => {
    await withControl(rigDoor(engine), {}, async ({ control, way }) => {
      expect(way).toBe('upgraded');
      const [worker] = await control.listWorkers();
      expect(worker?.platforms).toContainEqual(expect.objectContaining({ os: 'linux', architecture: 'amd64' }));
      const told = await control.info().then(
        ({ buildkitVersion }) => buildkitVersion?.package,
        (error: { isUnknownMethod: boolean }) => error.isUnknownMethod,
      );
      expect(told).toBe(version === '20.10' ? true : 'github.com/moby/buildkit');
      for (const { size } of (await control.diskUsage()).record) expect(size).toBeGreaterThanOrEqual(0n);
    });
  });

  test('answers with the image and, on the containerd store, with the digest of its configuration', async () => {
    const {
      imageId = '',
      configDigest,
      isIndex,
      failure,
    } = await build(`FROM busybox:1\nLABEL a=${unique()}\nCOPY file /`);
    expect(failure).toBeUndefined();
    expect((await engineRequest(engine.socketPath, 'GET', `/images/${imageId}/json`)).status).toBe(200);
    // The ID of the classic store is that digest; the answer of Engine 20.10 has nothing else.
    expect({
      isIndex,
      isConfig: (configDigest ?? imageId) === imageId,
      isDigest: /^sha256:[0-9a-f]{64}$/.test(configDigest ?? imageId),
    }).toEqual({ isIndex: store === 'classic' ? undefined : false, isConfig: store === 'classic', isDigest: true });
  });

  test('tells what failed by step, output and exit status, newer ones by line too', async () => {
    const { failure, step, lastLines, imageId } = await build(
      `FROM busybox:1\nRUN true\nRUN echo ${unique()} \\\n  && echo "last words" && exit 7`,
    );
    expect(imageId).toBeUndefined();
    expect(failure?.message).toMatch(/exit code: 7/);
    expect(step).toMatchObject({ index: 3, total: 3 });
    expect(lastLines.at(-1)).toBe('last words');
    expect({ code: failure?.code, lines: failure?.lines }).toEqual(
      version === '20.10' ? {} : { code: 7, lines: { startLine: 3, endLine: 4 } },
    );
  });

  test('a failure in a Dockerfile that is larger than what an answer can bring along is told all the same', async () => {
    const notes = `# ${'a note that nobody reads '.repeat(40)}\n`.repeat(150);
    const { failure, step, imageId } = await build(`${notes}FROM busybox:1\nRUN echo ${unique()} && exit 7\n`);
    expect(imageId).toBeUndefined();
    expect(failure?.message).toMatch(/exit code: 7/);
    expect(step).toMatchObject({ index: 2, total: 2 });
  });

  test('a step that the builder does in parts is one, and its time is that of all of them', async () => {
    const big = join(contextDir, 'big');
    writeFileSync(big, Buffer.alloc(40_000_000, unique()));
    const events: EngineEvent[] = [];
    try {
      await build('FROM busybox:1\nCOPY big /', {}, { onEvent: (event) => events.push(event) });
    } finally {
      rmSync(big);
    }
    const context = events.flatMap((event) =>
      event.type === 'step.start' && event.name === '[internal] load build context' ? [event.step] : [],
    );
    expect(new Set(context).size).toBe(1);
    const ends = events.flatMap((event) => (event.type === 'step.end' && event.step === context[0] ? [event] : []));
    expect(ends).toHaveLength(context.length);
    expect(ends.at(-1)?.durationMs).toBeGreaterThan(5);
    const moved = events.flatMap((event) =>
      event.type === 'step.progress' && event.step === context[0] ? [event.current ?? 0] : [],
    );
    expect(Math.max(...moved)).toBeGreaterThanOrEqual(40_000_000);
    const open = events.reduce((sum, { type }) => sum + (type === 'step.start' ? 1 : type === 'step.end' ? -1 : 0), 0);
    expect(open).toBe(0);
  });

  test('eight builds with one result at once all have it', async () => {
    const text = `FROM busybox:1\nLABEL same=${unique()}\n`;
    const evidences = await Promise.all(Array.from({ length: 8 }, () => build(text)));
    expect(evidences.map(({ failure }) => failure?.message)).toEqual(evidences.map(() => undefined));
    expect(new Set(evidences.map(({ imageId }) => imageId)).size).toBe(1);
  });

  test('needs no connection for the session where the engine gives none', async () => {
    const { direct, upgraded = direct } = rigDoor(engine);
    const session = async (): Promise<never> => {
      throw new DockError('BUILDER_REFUSED', 'there is no /session');
    };
    const { failure } = await build(
      `FROM busybox:1\nCOPY file /${unique()}`,
      {},
      { door: { direct, upgraded, session } },
    );
    expect(failure).toBeUndefined();
  });

  test('builds on one connection, as with a BuildKit that is no engine, and that ends with the build', async () => {
    const open = new Set<Duplex>();
    // An engine's /grpc is a whole BuildKit: what copies its bytes is a BuildKit anywhere.
    const server = createServer((client) => {
      open.add(client);
      client.once('close', () => open.delete(client));
      void rigDoor(engine)
        .upgraded?.({}, (connection) => pipeline(client, connection, client))
        .catch(() => client.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const connection = new EngineConnection({
      kind: 'tcp',
      hostname: '127.0.0.1',
      port,
      url: `tcp://127.0.0.1:${port}`,
      origin: 'test',
    });
    try {
      const door: BuilderDoor = { direct: rigDoorOf(connection).direct };
      const { failure } = await build(`FROM busybox:1\nCOPY file /file\nRUN cat /file # ${unique()}`, {}, { door });
      expect(failure).toBeUndefined();
      expect(await until(() => open.size === 0, 5000)).toBe(true);
    } finally {
      server.close();
    }
  });

  test('"host-gateway" is an address that the engine tells, or a word that says that it has none', async () => {
    const error = await errorOf(build('FROM busybox:1', { addHosts: ['me:host-gateway'] }));
    expect(error).toMatchObject({ code: 'OPTION_UNSUPPORTED', details: { option: 'addHosts' } });
    const addHosts = ['one:10.9.8.7', 'two:10.9.8.6'];
    const { failure } = await build(
      `FROM busybox:1\nRUN grep -q one /etc/hosts && grep -q two /etc/hosts # ${unique()}`,
      {
        addHosts,
      },
    );
    expect(failure).toBeUndefined();
  });

  test('a build that is cancelled ends at the builder too, and leaves no connection', async () => {
    const before = connections();
    const seconds = `4${unique().slice(-7)}`;
    const caller = new AbortController();
    const building = build(`FROM busybox:1\nRUN sleep ${seconds}`, {}, { signal: caller.signal });
    const isRunning = (): boolean => commands().some((line) => line.includes(`sleep ${seconds}`));
    building.catch(() => undefined);
    expect(await until(isRunning, 30_000)).toBe(true);
    caller.abort();
    expect(await errorOf(building)).toMatchObject({ code: 'CANCELLED' });
    expect(await until(() => !isRunning(), 15_000)).toBe(true);
    expect(await until(() => connections() <= before, 5000)).toBe(true);
  }, 60_000);

  test.each(['[internal] load build definition', '[internal] load .dockerignore', 'exporting to'])(
    'so does one that is cancelled at "%s"',
    async (name) => {
      const before = connections();
      const caller = new AbortController();
      const onEvent = (event: EngineEvent): void => {
        if (event.type === 'step.start' && event.name.startsWith(name)) caller.abort();
      };
      const building = build(`FROM busybox:1\nRUN echo ${unique()}`, {}, { signal: caller.signal, onEvent });
      expect(await errorOf(building)).toMatchObject({ code: 'CANCELLED' });
      expect(await until(() => connections() <= before, 5000)).toBe(true);
    },
  );

  test('a build that says nothing for too long is ended', async () => {
    const seconds = `4${unique().slice(-7)}`;
    const source = { credentials: credentialsOf() };
    const spec = specOf(contextDir, `FROM busybox:1\nRUN sleep ${seconds}`);
    const error = await errorOf(
      solveBuild(spec, { door: rigDoor(engine), source, env: {}, machine: 'test' }, { idleTimeoutMs: 1500 }),
    );
    expect(error).toMatchObject({ code: 'TIMEOUT', details: { timeoutMs: 1500 } });
    expect(await until(() => !commands().some((line) => line.includes(`sleep ${seconds}`)), 15_000)).toBe(true);
  }, 60_000);
});
