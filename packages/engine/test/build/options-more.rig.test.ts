import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { BuildSpec, EngineEvent, EnginePort } from '@dock/core';
import {
  engineKinds,
  baseImage,
  engineRequest,
  sharedEngine,
  type SharedRigEngine,
  sharedRegistry,
  type SharedRigRegistry,
} from '@dock/testing';
import { errorOf, portTo, specOf } from '../engine-fixture.js';

/** Options whose effect shows in what the builder takes, and from where. */
const unique = (): string => `${process.pid}-${Math.random().toString(36).slice(2)}`;

describe.each(engineKinds())('Engine $version with the $store store', ({ version, store, builders }) => {
  let engine: SharedRigEngine;
  let registry: SharedRigRegistry;
  let port: EnginePort;
  let contextDir: string;
  const images = new Set<string>();
  beforeAll(async () => {
    contextDir = mkdtempSync(join(tmpdir(), 'dock-options-more-'));
    writeFileSync(join(contextDir, 'file'), 'text');
    [engine, registry] = await Promise.all([sharedEngine({ version, store }), sharedRegistry()]);
    await baseImage(engine);
    port = await portTo(engine.socketPath);
  });
  afterAll(async () => {
    for (const id of images) await engineRequest(engine.socketPath, 'DELETE', `/images/${id}?force=1`);
    await port.close();
    rmSync(contextDir, { recursive: true });
  });

  interface Built {
    readonly id: string;
    readonly log: string;
    readonly layers: readonly string[];
    readonly image: { readonly Architecture: string; readonly Os: string };
  }
  async function built(text: string, more: Partial<BuildSpec>): Promise<Built> {
    const events: EngineEvent[] = [];
    const { id } = await port.build(specOf(contextDir, text, more), { onEvent: (event) => events.push(event) });
    images.add(id);
    const image = (await engineRequest(engine.socketPath, 'GET', `/images/${id}/json`)).json() as Built['image'] & {
      readonly RootFS: { readonly Layers: readonly string[] };
    };
    return { id, log: JSON.stringify(events), layers: image.RootFS.Layers, image };
  }

  describe.each(builders)('and the builder %s', (builder) => {
    test('takes the newer base of the registry with pull, and only then', async () => {
      const name = `pull-${unique()}:1`;
      const first = await baseImage(registry, { name });
      const tag = first.reference;
      await engineRequest(engine.socketPath, 'POST', `/images/create?fromImage=${encodeURIComponent(tag)}`);
      const before = await built(`FROM ${tag}\nENV ONCE=${unique()}\n`, { builder });
      await baseImage(registry, { name, files: { '/newer': 'yes' } });
      const without = (await built(`FROM ${tag}\nENV ONCE=${unique()}\n`, { builder })).layers;
      // On the containerd store BuildKit asks the registry for a tag in any case.
      const asksAnyway = store === 'containerd' && builder === 'buildkit';
      expect(JSON.stringify(without) === JSON.stringify(before.layers)).toBe(!asksAnyway);
      const after = await built(`FROM ${tag}\nENV ONCE=${unique()}\n`, { builder, pull: true });
      expect(after.layers).not.toEqual(before.layers);
    });

    test('makes an image of a foreign platform', async () => {
      const { id, image } = await built(`FROM scratch\nCOPY file /${unique()}\n`, {
        builder,
        platforms: ['linux/arm64'],
      });
      expect(image).toMatchObject({ Os: 'linux', Architecture: 'arm64' });
      // BuildKit of this engine leaves the layers of another platform packed, and the engine cannot tell their sizes then.
      const isPacked = version === '26' && store === 'containerd' && builder === 'buildkit';
      expect(await port.imageHistory(id)).toHaveLength(isPacked ? 0 : 1);
    });
  });

  test('joins a network by name with the classic builder; BuildKit knows none', async () => {
    const name = `dock-options-${unique()}`;
    const part = () => Math.floor(Math.random() * 256);
    const subnet = `10.${part()}.${part()}`;
    const made = await engineRequest(engine.socketPath, 'POST', '/networks/create', {
      Name: name,
      Driver: 'bridge',
      Internal: true,
      IPAM: { Config: [{ Subnet: `${subnet}.0/28` }] },
    });
    expect(made.status).toBe(201);
    try {
      const text = `FROM busybox:1\nENV ONCE=${unique()}\nRUN ip -o -4 addr show\n`;
      expect((await built(text, { builder: 'classic', network: name })).log).toContain(`inet ${subnet}.`);
      expect(await errorOf(built(text, { builder: 'buildkit', network: name }))).toMatchObject({
        code: 'OPTION_UNSUPPORTED',
        details: { option: 'network', builder: 'buildkit' },
      });
    } finally {
      await engineRequest(engine.socketPath, 'DELETE', `/networks/${name}`);
    }
  });

  test('looks for layers in the images of cacheFrom', async () => {
    const text = () => `FROM busybox:1\nENV ONCE=${unique()}\nRUN cat /proc/sys/kernel/random/uuid > /id\n`;
    const { reference } = await baseImage(registry, { name: `cache-${unique()}:1` });
    expect((await built(text(), { builder: 'buildkit', cacheFrom: [reference] })).log).toContain(
      `importing cache manifest from ${reference}`,
    );
    // The first build of all has none to import from.
    const none = await built(text(), { builder: 'buildkit', cacheFrom: [`${registry.host}/none-${unique()}:1`] });
    expect(none.layers.length).toBeGreaterThan(0);
    // With cacheFrom the classic builder looks nowhere else, not even at what it has just built.
    const name = `cache-${unique()}`;
    const same = text();
    const { layers } = await built(same, { builder: 'classic' });
    await engineRequest(engine.socketPath, 'POST', `/images/${[...images].at(-1)}/tag?repo=${name}`);
    expect((await built(same, { builder: 'classic', cacheFrom: [name] })).layers).toEqual(layers);
    expect((await built(same, { builder: 'classic', cacheFrom: ['none-such'] })).layers).not.toEqual(layers);
  });
});
