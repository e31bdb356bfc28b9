import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  engineKinds,
  type BuildImageOptions,
  buildImage,
  engineRequest,
  sharedEngine,
  type SharedRigEngine,
} from '../src/index.js';

const kinds = engineKinds();

/** Runs a shell script in a build image. @returns what it printed, as the engine frames it */
async function run(engine: SharedRigEngine, options: BuildImageOptions, script: string): Promise<string> {
  const ask = (method: string, path: string, body?: unknown) => engineRequest(engine.socketPath, method, path, body);
  const { reference } = await buildImage(engine, options);
  const body = { Image: reference, Cmd: ['sh', '-c', `${script} 2>&1`], HostConfig: { NetworkMode: 'none' } };
  const { Id: id } = (await ask('POST', '/containers/create', body)).json() as { Id: string };
  try {
    await ask('POST', `/containers/${id}/start`);
    await ask('POST', `/containers/${id}/wait`);
    return (await ask('GET', `/containers/${id}/logs?stdout=1&stderr=1`)).text;
  } finally {
    await ask('DELETE', `/containers/${id}?force=1`);
  }
}

describe.each(kinds)('a build image in Engine $version with the $store store', (kind) => {
  let engine: SharedRigEngine;
  beforeAll(async () => {
    engine = await sharedEngine(kind);
  });

  test('is loaded once, has Node and git and no engine', async () => {
    const image = await buildImage(engine);
    expect(await buildImage(engine)).toEqual(image);
    expect(image.id === image.configDigest).toBe(kind.store === 'classic');
    const text = await run(
      engine,
      {},
      'node --version; git --version; git remote-https; dockerd --version; ls /etc/ssl/certs',
    );
    expect(text).toContain(process.version);
    expect(text).toMatch(/git version 2\.\d+/);
    expect(text).toContain('usage: git remote-curl');
    expect(text).toMatch(/dockerd: not found/);
    expect(text).toContain('ca-certificates.crt');
  });

  test('has an engine when asked', async () => {
    const programs = 'dockerd containerd runc docker-init tini'.split(' ');
    const text = await run(
      engine,
      { engine: true },
      [...programs, 'iptables'].map((name) => `${name} --version`).join('; '),
    );
    for (const word of [
      'Docker version 26',
      'containerd github.com',
      'runc version',
      'tini version',
      'iptables v1.8',
    ]) {
      expect(text).toContain(word);
    }
  });
});

test('a build image comes without Node, without git, with programs of the test, and for another machine', async () => {
  const engine = await sharedEngine();
  expect(await run(engine, { node: false }, 'node --version; git --version')).toMatch(/node: not found[^]*git version/);
  expect(await run(engine, { git: false }, 'node --version; git --version')).toMatch(/v\d+[^]*git: not found/);
  const files = { '/usr/local/bin/node': '#!/bin/sh\necho v16.0.0\n' };
  expect(await run(engine, { node: false, files }, 'node --version')).toContain('v16.0.0');
  const { reference } = await buildImage(engine, { architecture: 's390x' });
  const image = await engineRequest(engine.socketPath, 'GET', `/images/${reference}/json`);
  expect(image.json()).toMatchObject({ Architecture: 's390x' });
});
