import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { BuildSpec, EngineEvent } from '@dock/core';
import type { BuildEvidence } from '@dock/core/internal';
import { baseImage, engineKinds, engineRequest, sharedEngine, type SharedRigEngine, tarArchive } from '@dock/testing';
import { credentialsOf, specOf } from '../../../engine/test/engine-fixture.js';
import { solveBuild } from '../../src/solve.js';
import { rigDoor } from '../rig-door.js';

let directory = '';
const at = (path: string): string => join(directory, path);
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'dock-contexts-rig-'));
  for (const name of ['context', 'one', 'two']) mkdirSync(at(name));
  writeFileSync(at('context/who'), 'the context');
  writeFileSync(at('one/who'), 'is one');
  writeFileSync(at('two/who'), 'is two');
  writeFileSync(at('one/hidden'), 'nobody sees this');
  writeFileSync(at('one/.dockerignore'), 'hidden\n');
  // What differs in its text only.
  const time = new Date(1_700_000_000_000);
  for (const name of ['one', 'two']) utimesSync(at(`${name}/who`), time, time);
});
afterAll(() => rmSync(directory, { recursive: true }));

/** An image of one layer, tagged `v1`. @returns the digest of its manifest */
function writeLayout(layout: string, layer: Buffer): string {
  mkdirSync(join(layout, 'blobs/sha256'), { recursive: true });
  const put = (bytes: Buffer | string, mediaType: string) => {
    const content = Buffer.from(bytes);
    const hex = createHash('sha256').update(content).digest('hex');
    writeFileSync(join(layout, 'blobs/sha256', hex), content);
    return { mediaType, digest: `sha256:${hex}`, size: content.length };
  };
  const type = (name: string) => `application/vnd.oci.image.${name}`;
  const layers = [put(layer, type('layer.v1.tar'))];
  const diffIds = layers.map(({ digest }) => digest);
  const config = { os: 'linux', architecture: 'amd64', config: {}, rootfs: { type: 'layers', diff_ids: diffIds } };
  const manifest = {
    schemaVersion: 2,
    mediaType: type('manifest.v1+json'),
    config: put(JSON.stringify(config), type('config.v1+json')),
    layers,
  };
  const described = put(JSON.stringify(manifest), manifest.mediaType);
  const manifests = [{ ...described, annotations: { 'org.opencontainers.image.ref.name': 'v1' } }];
  writeFileSync(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
  writeFileSync(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  return described.digest;
}

const unique = (): string => `${process.pid}-${Math.random()}`;
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

  async function build(text: string, more: Partial<BuildSpec>): Promise<BuildEvidence & { readonly log: string }> {
    const events: EngineEvent[] = [];
    const environment = { door: rigDoor(engine), source: { credentials: credentialsOf() }, env: {}, machine: 'test' };
    const evidence = await solveBuild(specOf(at('context'), text, more), environment, {
      onEvent: (event) => events.push(event),
    });
    if (evidence.imageId !== undefined) images.add(evidence.imageId);
    return { ...evidence, log: events.flatMap((event) => (event.type === 'step.log' ? [event.text] : [])).join('') };
  }

  const text = () =>
    `FROM busybox:1\nARG ONCE=${unique()}\nCOPY --from=extra . /extra\nRUN echo "[$(cat /extra/who)] [$(ls -A /extra | tr '\\n' ' ')]"\n`;

  if (version === '20.10') {
    test('knows no named contexts', async () => {
      const { failure } = await build(text(), { contexts: { extra: at('one') } });
      expect(failure?.message).toMatch(/extra/);
    });
  } else {
    test('a directory is a context under its name, without what its own ignore file leaves out', async () => {
      const { failure, log } = await build(text(), { contexts: { extra: at('one') } });
      expect(failure).toBeUndefined();
      expect(log).toContain('[is one] [.dockerignore who ]');
    });

    test('another directory under the same name is that one, although its files have the same sizes and times', async () => {
      await build(text(), { contexts: { extra: at('one') } });
      const { log } = await build(text(), { contexts: { extra: at('two') } });
      expect(log).toContain('[is two] [who ]');
    });

    test('an image of an OCI layout is one, by its tag and by its digest', async () => {
      const layout = at(`layout-${store}-${version}`);
      const digest = writeLayout(layout, tarArchive([{ path: 'marker', content: 'from a layout' }]));
      for (const context of [
        `oci-layout://${layout}`,
        `oci-layout://${layout}:v1`,
        `oci-layout://${layout}@${digest}`,
      ]) {
        const { failure, log } = await build(
          `FROM busybox:1\nCOPY --from=laid /marker /\nRUN echo "$(cat /marker) ${unique()}"`,
          {
            contexts: { laid: context },
          },
        );
        // The classic store has none, so it is refused before.
        expect(failure?.message.replace(/.*: (?=unknown scheme)/s, '')).toBe(
          store === 'classic' ? 'unknown scheme oci-layout: not found' : undefined,
        );
        expect(log.includes('from a layout')).toBe(store === 'containerd');
      }
    });

    test('an image stands for what a FROM and a stage are named', async () => {
      const { failure, log } = await build(
        `FROM base\nRUN echo "is-busybox=$(busybox | head -1 | cut -d' ' -f1) ${unique()}"\nFROM not-there:1 AS other\nRUN this cannot run\nFROM other\nRUN echo "second=$(ls -d /bin)"`,
        { contexts: { base: 'docker-image://busybox:1', other: 'docker-image://busybox:1' } },
      );
      expect(failure).toBeUndefined();
      expect(log).toContain('second=/bin');
    });
  }

  test('builds the steps of a stage again that is named to be', async () => {
    const once = unique();
    const twice = `FROM busybox:1 AS first\nRUN echo ${once} && cat /proc/sys/kernel/random/uuid > /first\nFROM busybox:1 AS second\nRUN echo ${once} && cat /proc/sys/kernel/random/uuid > /second\nFROM busybox:1\nCOPY --from=first /first /\nCOPY --from=second /second /\nRUN echo "first=$(cat /first) second=$(cat /second)"`;
    const times = async (more: Partial<BuildSpec>) => {
      const { log } = await build(`${twice} # ${unique()}`, more);
      return { first: /first=(\S+)/.exec(log)?.[1], second: /second=(\S+)/.exec(log)?.[1] };
    };
    const before = await times({});
    expect(before.first).toMatch(/^[0-9a-f-]{36}$/);
    const after = await times({ noCacheFilter: ['second'] });
    expect(after.first).toBe(before.first);
    expect(after.second).not.toBe(before.second);
  });
});
