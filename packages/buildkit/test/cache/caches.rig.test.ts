import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { BuildSpec, EngineEvent } from '@dock/core';
import {
  baseImage,
  engineKinds,
  engineRequest,
  type RigEngine,
  sharedRegistry,
  type SharedRigRegistry,
  startEngine,
} from '@dock/testing';
import { credentialsOf, specOf } from '../../../engine/test/engine-fixture.js';
import { solveBuild } from '../../src/solve.js';
import { rigDoor } from '../rig-door.js';

let directory = '';
let registry: SharedRigRegistry;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'dock-caches-rig-'));
  registry = await sharedRegistry();
});
afterAll(async () => {
  for (const engine of engines.values()) await (await engine).stop();
  rmSync(directory, { recursive: true });
});

const unique = (): string => `${process.pid}-${String(Math.random()).slice(2)}`;

/** Two stages, so that only a cache with `mode=max` has the first one's step. */
const twoStages = (once: string): string =>
  `FROM busybox:1 AS tools\nRUN echo ${once} && cat /proc/sys/kernel/random/uuid > /id\nFROM busybox:1\nCOPY --from=tools /id /id\nRUN cat /id > /copy # ${once}\n`;

interface Built {
  readonly cached: readonly string[];
  readonly ran: readonly string[];
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
  readonly failure: string | undefined;
}

const images = new Map<string, Set<string>>();
async function build(engine: RigEngine, text: string, more: Partial<BuildSpec> = {}): Promise<Built> {
  const events: EngineEvent[] = [];
  const environment = { door: rigDoor(engine), source: { credentials: credentialsOf() }, env: {}, machine: 'test' };
  const { imageId, failure } = await solveBuild(specOf(directory, text, more), environment, {
    onEvent: (event) => events.push(event),
  });
  if (imageId !== undefined) images.set(engine.socketPath, (images.get(engine.socketPath) ?? new Set()).add(imageId));
  const names = new Map(events.flatMap((event) => (event.type === 'step.start' ? [[event.step, event.name]] : [])));
  const ended = (is: boolean) =>
    events.flatMap((event) =>
      event.type === 'step.end' && event.isCached === is && (names.get(event.step) ?? '').includes('] RUN ')
        ? [(names.get(event.step) ?? '').replace(/^\[(\w+).*/s, '$1')]
        : [],
    );
  const cached = ended(true);
  return {
    cached,
    // Its layer may be fetched in a second part.
    ran: ended(false).filter((name) => !cached.includes(name)),
    notes: events.flatMap((event) => (event.type === 'log' && event.level === 'info' ? [event.message] : [])),
    warnings: events.flatMap((event) => (event.type === 'warning' ? [event.message] : [])),
    failure: failure?.message,
  };
}

/** Everything that the builder would take from what it has. */
async function forget(engine: RigEngine): Promise<void> {
  for (const id of images.get(engine.socketPath) ?? [])
    await engineRequest(engine.socketPath, 'DELETE', `/images/${id}?force=1`);
  images.delete(engine.socketPath);
  expect((await engineRequest(engine.socketPath, 'POST', '/build/prune?all=1')).status).toBe(200);
}

const kinds = engineKinds().filter(({ builders }) => builders.includes('buildkit'));

/** The first engine that writes every kind of cache, and one of each that such a cache is for. */
const writers = kinds.filter(({ store }) => store === 'containerd');
const readers = kinds.filter(({ store }) => store === 'classic');

/** Engines of this suite's own: what it makes them forget others would miss. */
const engines = new Map<string, Promise<RigEngine>>();

function engineOf({ version, store }: (typeof kinds)[number]): Promise<RigEngine> {
  const start = async (): Promise<RigEngine> => {
    const engine = await startEngine({ version, store });
    await baseImage(engine);
    return engine;
  };
  const key = `${version} ${store}`;
  const engine = engines.get(key) ?? start();
  engines.set(key, engine);
  return engine;
}

/** A cache in each place that a builder can write to. */
const places = {
  registry: (name: string) => {
    const ref = `${registry.host}/cache-${name}:c`;
    return { to: `type=registry,ref=${ref}`, from: ref };
  },
  local: (name: string) => {
    const path = join(directory, name);
    return { to: `type=local,dest=${path}`, from: `type=local,src=${path}` };
  },
};

describe.each(writers)('Engine $version with the $store store', (kind) => {
  let engine: RigEngine;
  beforeAll(async () => {
    engine = await engineOf(kind);
  });
  afterEach(() => forget(engine));

  test.each(['registry', 'local'] as const)(
    'a cache of the type %s gives an empty builder every step, and with mode=min those of the result',
    async (type) => {
      const text = twoStages(unique());
      const [max, min] = [places[type](unique()), places[type](unique())];
      const cacheTo = [`${max.to},mode=max,compression=zstd,compression-level=3,force-compression=true`];
      expect(await build(engine, text, { cacheTo })).toMatchObject({ ran: ['tools', 'stage'], warnings: [] });
      await build(engine, text, { cacheTo: [min.to] });
      await forget(engine);
      expect(await build(engine, text, { cacheFrom: [max.from] })).toMatchObject({
        cached: ['tools', 'stage'],
        ran: [],
        warnings: [],
        failure: undefined,
      });
      await forget(engine);
      expect((await build(engine, text, { cacheFrom: [min.from] })).failure).toBeUndefined();
    },
    120_000,
  );

  test('two caches are written at once, each with its own tag, and "reset" drops what no tag needs', async () => {
    const dest = join(directory, unique());
    const registryCache = places.registry(unique());
    const blobs = () => readdirSync(join(dest, 'blobs/sha256')).length;
    const text = twoStages(unique());
    const cacheTo = [
      `type=local,dest=${dest},tag=one,mode=max`,
      `${registryCache.to},mode=max,oci-mediatypes=false,image-manifest=false`,
    ];
    expect(await build(engine, text, { cacheTo })).toMatchObject({ failure: undefined, warnings: [] });
    await forget(engine);
    const other = twoStages(unique());
    const both = blobs();
    await build(engine, other, { cacheTo: [`type=local,dest=${dest},tag=one,mode=max`] });
    const all = blobs();
    expect(all).toBeGreaterThan(both);
    await forget(engine);
    const reset = [`type=local,dest=${dest},tag=one,mode=max,reset=true`];
    await build(engine, other, { cacheFrom: [`type=local,src=${dest},tag=one`], cacheTo: reset });
    expect(blobs()).toBeLessThan(all);
    await forget(engine);
    expect(await build(engine, other, { cacheFrom: [`type=local,src=${dest},tag=one`] })).toMatchObject({ ran: [] });
    expect(readdirSync(dest).sort()).toEqual(['blobs', 'index.json', 'ingest', 'oci-layout']);
    expect(readdirSync(join(dest, 'ingest'))).toEqual([]);
    await forget(engine);
    const again = await build(engine, text, { cacheFrom: [registryCache.from, `type=local,src=${dest},tag=none`] });
    expect(again).toMatchObject({ cached: ['tools', 'stage'], ran: [] });
    expect(again.notes).toEqual([`The cache "type=local,src=${dest}" has nothing under the tag "none" yet.`]);
  }, 120_000);

  test('a cache that cannot be written is a warning, and with ignore-error=false a failure', async () => {
    const nowhere = `type=registry,ref=127.0.0.1:1/cache:c`;
    const text = twoStages(unique());
    const forgiven = await build(engine, text, { cacheTo: [nowhere] });
    expect(forgiven.failure).toBeUndefined();
    expect(forgiven.warnings).toEqual([
      expect.stringMatching(/^The cache was not written \("exporting cache to registry"\): .*127\.0\.0\.1:1/s),
    ]);
    const strict = await build(engine, text, { cacheTo: [`${nowhere},ignore-error=false`] });
    expect(strict.failure).toMatch(/127\.0\.0\.1:1/);
  }, 60_000);

  test('a cache that cannot be set up is left out, unless it has ignore-error=false', async () => {
    const text = twoStages(unique());
    const gha = 'type=gha,url=http://127.0.0.1:1/,token=is.no-token';
    const forgiven = await build(engine, text, { cacheTo: [gha] });
    expect(forgiven).toMatchObject({ failure: undefined, ran: ['tools', 'stage'] });
    expect(forgiven.warnings).toEqual([expect.stringMatching(/^The cache "type=gha" is not written: token /)]);
    expect((await build(engine, text, { cacheTo: [`${gha},ignore-error=false`] })).failure).toMatch(/gha/);
  }, 60_000);

  test('a local cache that is damaged is told, and the build goes on', async () => {
    const text = twoStages(unique());
    const cache = places.local(unique());
    await build(engine, text, { cacheTo: [`${cache.to},mode=max`] });
    await forget(engine);
    const at = cache.from.replace('type=local,src=', '');
    const { manifests } = JSON.parse(readFileSync(join(at, 'index.json'), 'utf8')) as {
      manifests: { digest: string }[];
    };
    const blob = join(at, 'blobs/sha256', manifests[0]?.digest.slice(7) ?? '');
    writeFileSync(blob, 'no manifest');
    const damaged = await build(engine, text, { cacheFrom: [cache.from] });
    expect(damaged).toMatchObject({ failure: undefined, ran: ['tools', 'stage'] });
    expect(damaged.warnings).toEqual([expect.stringMatching(/^The cache "local:.*" cannot be read: /)]);
    rmSync(blob);
    expect((await build(engine, text, { cacheFrom: [cache.from] })).warnings).toEqual([
      expect.stringMatching(/ is not used: it does not hold its manifest sha256:/),
    ]);
    writeFileSync(join(at, 'index.json'), '{');
    expect((await build(engine, text, { cacheFrom: [cache.from] })).warnings).toEqual([
      expect.stringMatching(/ is not used: its index.json is no index of an OCI layout\.$/),
    ]);
  }, 120_000);
});

describe.each(readers)('Engine $version with the $store store', (kind) => {
  let engine: RigEngine;
  beforeAll(async () => {
    engine = await engineOf(kind);
  });
  afterEach(() => forget(engine));

  test('a cache that is not there is a note', async () => {
    const cacheFrom = [places.registry(unique()).from, places.local(unique()).from];
    const { failure, notes, warnings } = await build(engine, twoStages(unique()), { cacheFrom });
    expect({ failure, warnings }).toEqual({ failure: undefined, warnings: [] });
    expect([...notes].sort()).toEqual([
      expect.stringMatching(/^The cache "127\.0\.0\.1:\d+\/cache-.*:c" is not there yet\.$/),
      expect.stringMatching(/^The cache "type=local,src=.*" is not there yet\.$/),
    ]);
  });

  test.each(['registry', 'local'] as const)(
    'takes the steps of a cache of the type %s from elsewhere',
    async (type) => {
      const [writer] = writers;
      if (writer === undefined) throw new Error('no engine writes caches');
      const elsewhere = await engineOf(writer);
      const text = twoStages(unique());
      const { to, from } = places[type](unique());
      await build(elsewhere, text, { cacheTo: [`${to},mode=max`] });
      await forget(elsewhere);
      // What BuildKit 0.8 makes a key of is not what its successors do: it reads the cache and finds nothing for it there.
      const steps = ['tools', 'stage'];
      const [cached, ran] = kind.version === '20.10' ? [[], steps] : [steps, []];
      const read = await build(engine, text, { cacheFrom: [from] });
      expect(read).toEqual({ cached, ran, notes: [], warnings: [], failure: undefined });
    },
    60_000,
  );
});

test.each(kinds)(
  'Engine $version with the $store store puts a cache into the image itself',
  async (kind) => {
    const engine = await engineOf(kind);
    const text = twoStages(unique());
    const name = `${registry.host}/inline-${unique()}`;
    expect((await build(engine, text, { cacheTo: ['type=inline'] })).failure).toBeUndefined();
    const [id = ''] = images.get(engine.socketPath) ?? [];
    await engineRequest(engine.socketPath, 'POST', `/images/${id}/tag?repo=${name}&tag=1`);
    const pushed = await engineRequest(engine.socketPath, 'POST', `/images/${name}/push?tag=1`, undefined, {
      headers: { 'X-Registry-Auth': 'e30=' },
    });
    expect(pushed.text).toContain('digest: sha256:');
    await engineRequest(engine.socketPath, 'DELETE', `/images/${name}:1?force=1`);
    await forget(engine);
    expect(await build(engine, text, { cacheFrom: [`${name}:1`] })).toMatchObject({
      cached: ['tools', 'stage'],
      failure: undefined,
      warnings: [],
    });
    await forget(engine);
  },
  60_000,
);
