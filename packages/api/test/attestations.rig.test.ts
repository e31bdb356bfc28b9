import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildImage, type BuildOptions, throwIfFailed } from '@dock/api';
import type { BuildRequest, DockPlugin } from '@dock/core';
import {
  baseImage,
  engineKinds,
  engineRequest,
  type RigEngine,
  rigTool,
  sharedEngine,
  sharedRegistry,
  type SharedRigRegistry,
  startEngine,
} from '@dock/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

/** What a builder's scanner has to do (moby/buildkit, docs/attestations/sbom-protocol.md). */
const scanner = `#!/bin/sh
name=$(basename "$BUILDKIT_SCAN_SOURCE")
echo '{"_type":"https://in-toto.io/Statement/v0.1","predicateType":"https://spdx.dev/Document","predicate":{"spdxVersion":"SPDX-2.3","name":"made by a test"}}' > "$BUILDKIT_SCAN_DESTINATION/$name.spdx.json"
`;

interface Descriptor {
  readonly digest: string;
  readonly platform?: { readonly os: string; readonly architecture: string };
  readonly annotations?: Readonly<Record<string, string>>;
}
interface Document {
  readonly manifests?: readonly Descriptor[];
  readonly layers?: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>>;
}

const unique = `attest-${process.pid}-${Date.now().toString(36)}`;
const kinds = engineKinds().filter(({ store }) => store === 'containerd');

describe.each(kinds)('Engine $version with the $store store', ({ version, store }) => {
  const bridge = `dk${process.pid.toString(36)}${version}`;
  let root: string;
  let registry: SharedRigRegistry;
  let engine: RigEngine;
  let maker: string;
  const repository = () => `${registry.host}/${unique}/${version}`;
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'dock-attest-'));
    registry = await sharedRegistry();
    // A scanner runs on the builder's own network, which the rig's engines do not have: this one gets a bridge that another has made.
    maker = (await sharedEngine()).socketPath;
    const part = () => Math.floor(Math.random() * 256);
    await engineRequest(maker, 'POST', '/networks/create', {
      ...{ Name: bridge, Driver: 'bridge', Internal: true },
      Options: { 'com.docker.network.bridge.name': bridge },
      IPAM: { Config: [{ Subnet: `10.${part()}.${part()}.0/28` }] },
    });
    engine = await startEngine({ version, store, extraArgs: [`--bridge=${bridge}`] });
    await baseImage(engine);
    mkdirSync(join(root, 'source'));
    writeFileSync(join(root, 'source', 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n');
    mkdirSync(join(root, 'scanner'));
    writeFileSync(
      join(root, 'scanner', 'Dockerfile'),
      'FROM busybox:1\nCOPY --chmod=755 scan /\nENTRYPOINT ["/scan"]\n',
    );
    writeFileSync(join(root, 'scanner', 'scan'), scanner);
  });
  afterAll(async () => {
    await engine.stop();
    await engineRequest(maker, 'DELETE', `/networks/${bridge}`);
    rmSync(root, { recursive: true, force: true });
  });

  const build = async (name: string, request: Partial<BuildRequest> = {}, options: Partial<BuildOptions> = {}) =>
    throwIfFailed(
      await buildImage(
        { source: { kind: 'path', path: 'source' }, network: 'host', tags: [`${repository()}/${name}:1`], ...request },
        {
          env: { PATH: process.env['PATH'], HOME: root, DOCKER_HOST: engine.host, TMPDIR: root },
          cwd: root,
          push: true,
          ...options,
        },
      ),
    );

  /** A manifest, index or blob as the registry serves it. */
  async function fetched(name: string, what: string): Promise<Document & Record<string, unknown>> {
    const accept = [
      'oci.image.index.v1',
      'oci.image.manifest.v1',
      'docker.distribution.manifest.list.v2',
      'docker.distribution.manifest.v2',
    ];
    const headers = { Accept: accept.map((type) => `application/vnd.${type}+json`).join(', ') };
    const path = `${registry.url}/v2/${unique}/${version}/${name}/${what}`;
    return (await (await fetch(path, { headers })).json()) as Document & Record<string, unknown>;
  }

  /** Annotations by the place where an independent reader finds them. */
  async function annotations(name: string) {
    const index = await fetched(name, 'manifests/1');
    const images = (index.manifests ?? []).filter(({ platform }) => platform?.os !== 'unknown');
    const own = (all: Readonly<Record<string, string>> = {}) =>
      Object.fromEntries(Object.entries(all).filter(([key]) => key.startsWith('test.')));
    const manifests = await Promise.all(images.map(({ digest }) => fetched(name, `manifests/${digest}`)));
    return {
      index: own(index.annotations),
      descriptors: images.map((each) => own(each.annotations)),
      manifests: manifests.map((each) => own(each.annotations)),
    };
  }

  const platforms = ['linux/amd64', 'linux/arm64'];
  const asked = [
    'test.a=1',
    'index:test.b=2',
    'manifest[linux/arm64]:test.c=3=3',
    'manifest-descriptor,index:test.d=4',
  ];

  test('puts each annotation where its type says, as buildx does', async () => {
    await build('annotated', { platforms, annotations: asked });
    const expected = {
      index: { 'test.b': '2', 'test.d': '4' },
      descriptors: [{ 'test.d': '4' }, { 'test.d': '4' }],
      manifests: [{ 'test.a': '1' }, { 'test.a': '1', 'test.c': '3=3' }],
    };
    expect(await annotations('annotated')).toEqual(expected);
    const home = join(root, 'docker');
    mkdirSync(join(home, 'cli-plugins'), { recursive: true });
    symlinkSync(rigTool('docker-buildx', version), join(home, 'cli-plugins/docker-buildx'));
    execFileSync(
      rigTool('docker-buildx', version),
      [
        ...[
          'build',
          '--platform',
          platforms.join(','),
          '--provenance=false',
          '--tag',
          `${repository()}/by-buildx:1`,
          '--push',
        ],
        // The buildx of Engine 26 takes one type at a time.
        ...[...asked.slice(0, -1), 'manifest-descriptor:test.d=4', 'index:test.d=4'].flatMap((each) => [
          '--annotation',
          each,
        ]),
        join(root, 'source'),
      ],
      { env: { PATH: process.env['PATH'], HOME: home, DOCKER_CONFIG: home, DOCKER_HOST: engine.host }, stdio: 'pipe' },
    );
    expect(await annotations('by-buildx')).toEqual(expected);
  });

  test('attests only what is asked for, and the result is the image without its attestations', async () => {
    const plain = await build('plain');
    expect((await fetched('plain', 'manifests/1')).manifests).toBeUndefined();
    expect(plain.image?.platforms).toHaveLength(1);
    const scannerName = `${repository()}/scanner:1`;
    await build('scanner', { source: { kind: 'path', path: 'scanner' }, tags: [scannerName] });
    const { image, published } = await build('attested', {
      ...{ platforms, sbom: `generator=${scannerName}` },
      attest: ['type=provenance,mode=max'],
    });
    expect(image?.platforms.map(({ platform }) => platform)).toEqual(platforms);
    expect(published).toMatchObject([{ digest: image?.manifestDigest, isVerified: true }]);
    const { manifests = [] } = await fetched('attested', 'manifests/1');
    const attestations = manifests.filter(({ platform }) => platform?.os === 'unknown');
    expect(attestations.map((each) => each.annotations?.['vnd.docker.reference.digest'])).toEqual(
      image?.platforms.map(({ manifestDigest }) => manifestDigest),
    );
    for (const { digest } of attestations) {
      const { layers = [] } = await fetched('attested', `manifests/${digest}`);
      const byType = new Map(
        layers.map((layer) => [layer.annotations?.['in-toto.io/predicate-type'] ?? '', layer.digest]),
      );
      expect([...byType.keys()].toSorted()).toEqual(['https://slsa.dev/provenance/v0.2', 'https://spdx.dev/Document']);
      const sbom = await fetched('attested', `blobs/${byType.get('https://spdx.dev/Document')}`);
      expect(sbom).toMatchObject({ predicate: { name: 'made by a test' } });
      const provenance = JSON.stringify(
        await fetched('attested', `blobs/${byType.get('https://slsa.dev/provenance/v0.2')}`),
      );
      // In the mode "max" the steps of the build are in it.
      expect(provenance).toContain('buildConfig');
    }
  });

  test('warns of attestations of the builder beside those of a plugin', async () => {
    const signer: DockPlugin = {
      name: 'signer',
      apply: ({ hooks }) => hooks.push.tap('signer', () => undefined, { stage: 'attest' }),
    };
    const { push } = await import('@dock/plugin-push');
    const message = 'the image gets attestations of the builder (provenance) in its index, and of "signer" beside it';
    const both = await build('both', { provenance: true }, { plugins: [push(), signer] });
    expect(both.warnings).toContainEqual(expect.objectContaining({ message }));
    const one = await build('one', {}, { plugins: [push(), signer] });
    expect(one.warnings).not.toContainEqual(expect.objectContaining({ message }));
  });

  test('lets a step have an entitlement only where it is allowed', async () => {
    writeFileSync(join(root, 'entitled'), `FROM busybox:1\nENV ONCE=${Date.now()}\nRUN --network=host true\n`);
    const request = { source: { kind: 'path', path: '.' }, dockerfile: 'entitled', network: 'default' } as const;
    await expect(build('entitled', request)).rejects.toMatchObject({
      message: expect.stringContaining('network.host is not allowed'),
      hint: expect.stringContaining('--allow network.host'),
    });
    expect((await build('entitled', { ...request, allow: ['network.host'] })).status).toBe('ok');
  });
});

test.each([
  ['annotations', { annotations: ['a=1'] }],
  ['attest', { attest: ['type=provenance'] }],
  ['sbom', { sbom: true }],
  ['provenance', { provenance: 'mode=max' }],
])('the classic store keeps no %s, and they are refused before the build', async (option, request) => {
  const { host } = await sharedEngine({ store: 'classic' });
  const root = mkdtempSync(join(tmpdir(), 'dock-attest-'));
  try {
    writeFileSync(join(root, 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n');
    const { error } = await buildImage(
      { source: { kind: 'path', path: '.' }, ...request },
      { env: { PATH: process.env['PATH'], HOME: root, DOCKER_HOST: host, TMPDIR: root }, cwd: root },
    );
    expect(error).toMatchObject({ code: 'OPTION_UNSUPPORTED', details: { option, builder: 'buildkit' } });
    expect(error?.hint).toMatch(/containerd store, another builder \(--builder\) or --method privileged/);
  } finally {
    rmSync(root, { recursive: true });
  }
});
