import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildImage, type BuildOptions, pushImage, type RunOptions, throwIfFailed } from '@dock/api';
import type { DockEvent } from '@dock/core';
import {
  baseImage,
  engineKinds,
  engineRequest,
  rigTool,
  sharedEngine,
  type SharedRigEngine,
  sharedRegistry,
  type SharedRigRegistry,
} from '@dock/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

/** No machine of the rig emulates another one: what runs, runs on the builder's own platform. */
const dockerfile = `FROM --platform=$BUILDPLATFORM busybox:1 AS build
ARG TARGETARCH
RUN echo "for $TARGETARCH" > /arch
FROM scratch
COPY --from=build /arch /arch
`;
const platforms = ['linux/amd64', 'linux/arm64'];

const unique = `platforms-${process.pid}-${Date.now().toString(36)}`;
let root: string;
let registry: SharedRigRegistry;
beforeAll(async () => {
  registry = await sharedRegistry();
  root = mkdtempSync(join(tmpdir(), 'dock-platforms-'));
  mkdirSync(join(root, 'source'));
  writeFileSync(join(root, 'source', 'Dockerfile'), dockerfile);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Manifest {
  readonly manifests?: readonly { readonly digest: string; readonly platform: Readonly<Record<string, string>> }[];
  readonly config?: { readonly digest: string };
}

/** What an independent client reads from the registry. */
function skopeo(reference: string): Manifest {
  const words = ['inspect', '--tls-verify=false', '--raw', `docker://${reference}`];
  return JSON.parse(execFileSync(rigTool('skopeo'), words, { encoding: 'utf8' })) as Manifest;
}

describe.each(engineKinds())('Engine $version with the $store store', ({ version, store }) => {
  let engine: SharedRigEngine;
  const repository = () => `${registry.host}/${unique}/${version}`;
  const surroundings = (): RunOptions => ({
    env: { PATH: process.env['PATH'], HOME: root, DOCKER_HOST: engine.host, TMPDIR: root },
    cwd: root,
  });
  const build = (options: Partial<BuildOptions> = {}) =>
    buildImage(
      { source: { kind: 'path', path: 'source' }, platforms, network: 'host', tags: [`${repository()}:1`] },
      { ...surroundings(), ...options },
    );
  beforeAll(async () => {
    engine = await sharedEngine({ version, store });
    await baseImage(engine);
  });

  if (store === 'classic') {
    test('refuses several platforms before anything is sent, with the ways that can', async () => {
      const { error, phases } = await build();
      expect(error).toMatchObject({
        code: 'OPTION_UNSUPPORTED',
        exitStatus: 2,
        message: expect.stringContaining("the engine's classic store holds one platform of an image"),
        hint: expect.stringMatching(/containerd store, another builder \(--builder\) or --method privileged/),
      });
      expect(phases.at(-2)).toMatchObject({ phase: 'build', status: 'failed' });
    });
    return;
  }

  test('builds, names and publishes an index, and confirms every platform in it', async () => {
    const events: DockEvent[] = [];
    const result = throwIfFailed(await build({ push: true, onEvent: (event) => events.push(event) }));
    const { image, published } = result;
    expect(image?.platforms.map(({ platform }) => platform)).toEqual(platforms);
    expect(published).toMatchObject([{ digest: image?.manifestDigest, confirmedBy: 'direct', isVerified: true }]);
    const steps = events.flatMap((event) => (event.type === 'step.start' ? [event] : []));
    expect(steps.filter(({ name }) => name.includes('COPY')).map(({ platform }) => platform)).toEqual(
      expect.arrayContaining(platforms),
    );
    // An independent client finds the same index, the same manifests and the same configs.
    const index = skopeo(`${repository()}:1`);
    expect(
      index.manifests?.map(({ digest, platform: { os, architecture } }) => [`${os}/${architecture}`, digest]),
    ).toEqual(image?.platforms.map(({ platform, manifestDigest }) => [platform, manifestDigest]));
    for (const { manifestDigest, configDigest } of image?.platforms ?? [])
      expect(skopeo(`${repository()}@${manifestDigest}`).config?.digest).toBe(configDigest);
    // The plugin that inspects tells of all of them.
    expect(result.plugins.find(({ plugin }) => plugin === 'inspect')?.value).toMatchObject({
      image: { platform: 'linux/amd64', platforms: image?.platforms },
    });
    const named = await engineRequest(engine.socketPath, 'GET', `/images/${repository()}:1/json`);
    expect(named.json()).toMatchObject({ Id: image?.id });
  });

  test('publishes an image of several platforms that is already there, by its ID', async () => {
    const { image } = throwIfFailed(await build());
    const tags = [`${repository()}/later:1`];
    const pushed = throwIfFailed(await pushImage({ ...surroundings(), imageId: image?.id ?? '', tags }));
    expect(pushed.image).toEqual(image);
    expect(pushed.published).toMatchObject([{ digest: image?.manifestDigest, isVerified: true }]);
  });
});
