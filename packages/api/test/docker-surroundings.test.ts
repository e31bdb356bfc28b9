import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { buildImage, pushImage } from '@dock/api';
import type { BuildRequest, DockEvent, WarningDocument } from '@dock/core';
import { withDockerSurroundings } from '../src/run/docker-surroundings.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'dock-surroundings-'));
  mkdirSync(join(home, '.docker'));
});
afterEach(() => rmSync(home, { recursive: true }));

const source = { kind: 'path', path: '/src' } as const;
const config = (value: unknown) => writeFileSync(join(home, '.docker/config.json'), JSON.stringify(value));
let warnings: WarningDocument[];
const ask = async (env: Record<string, string>, request: Partial<BuildRequest> = {}, host?: string) => {
  warnings = [];
  const surroundings = { env, cwd: '/', homeDir: home };
  const choice = host === undefined ? {} : { host };
  return withDockerSurroundings({ source, ...request }, surroundings, choice, (warning) => warnings.push(warning));
};

test('nothing is added where there is nothing', async () => {
  expect(await ask({ DOCKER_DEFAULT_PLATFORM: '', SOURCE_DATE_EPOCH: '' })).toEqual({ source });
});

test('the platform of the environment holds where the request names none', async () => {
  expect(await ask({ DOCKER_DEFAULT_PLATFORM: 'arm64' })).toMatchObject({ platforms: ['linux/arm64'] });
  const own = { platforms: ['linux/s390x'] };
  expect(await ask({ DOCKER_DEFAULT_PLATFORM: 'arm64' }, own)).toMatchObject(own);
  await expect(ask({ DOCKER_DEFAULT_PLATFORM: 'vax?' })).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    message: 'The variable DOCKER_DEFAULT_PLATFORM says "vax?", which is not a platform.',
  });
});

test('BUILDX_BUILDER names the builder where the request names none; what leads to the own engine is its BuildKit', async () => {
  expect(await ask({ BUILDX_BUILDER: 'tcp://b:1' })).toMatchObject({ builder: 'tcp://b:1' });
  expect(await ask({ BUILDX_BUILDER: 'tcp://b:1' }, { builder: 'classic' })).toMatchObject({ builder: 'classic' });
  expect(await ask({ BUILDX_BUILDER: 'default' })).toMatchObject({ builder: 'buildkit' });
  expect(await ask({ BUILDX_BUILDER: '' })).toEqual({ source });
  await expect(ask({ BUILDX_BUILDER: 'none-such' })).rejects.toMatchObject({ code: 'BUILDER_NOT_FOUND' });
});

test('SOURCE_DATE_EPOCH becomes a build argument, unless there is one', async () => {
  expect(await ask({ SOURCE_DATE_EPOCH: '1' }, { buildArgs: { A: 'b' } })).toMatchObject({
    buildArgs: { SOURCE_DATE_EPOCH: '1', A: 'b' },
  });
  const own = { buildArgs: { SOURCE_DATE_EPOCH: '2' } };
  expect(await ask({ SOURCE_DATE_EPOCH: '1' }, own)).toMatchObject(own);
});

test('the proxies of docker become build arguments in both spellings, the build’s own winning', async () => {
  config({ proxies: { default: { httpProxy: 'http://p:1', noProxy: '.corp' } } });
  expect((await ask({}, { buildArgs: { http_proxy: 'mine' } })).buildArgs).toEqual({
    HTTP_PROXY: 'http://p:1',
    http_proxy: 'mine',
    NO_PROXY: '.corp',
    no_proxy: '.corp',
  });
});

test('an engine with proxies of its own has those alone', async () => {
  config({ proxies: { default: { httpProxy: 'http://p:1' }, 'tcp://e:2375': { httpsProxy: 'http://q:2' } } });
  const own = { HTTPS_PROXY: 'http://q:2', https_proxy: 'http://q:2' };
  expect((await ask({}, {}, 'tcp://e:2375')).buildArgs).toEqual(own);
  expect((await ask({ DOCKER_HOST: 'tcp://e:2375' })).buildArgs).toEqual(own);
  expect((await ask({ DOCKER_HOST: 'tcp://f:2375' })).buildArgs).toMatchObject({ HTTP_PROXY: 'http://p:1' });
});

test('a config that is broken is told, and stops nothing that has no use for it', async () => {
  config({ proxies: { default: { httpProxy: 1 } } });
  expect(await ask({ SOURCE_DATE_EPOCH: '1' })).toEqual({ source, buildArgs: { SOURCE_DATE_EPOCH: '1' } });
  expect(warnings).toMatchObject([{ code: 'CONFIG_ERROR', message: expect.stringContaining('httpProxy') }]);
  writeFileSync(join(home, '.docker/config.json'), '{');
  expect(await ask({})).toEqual({ source });
  expect(warnings).toMatchObject([{ code: 'CONFIG_ERROR' }]);
});

test('the password of a proxy is masked from the first event on', async () => {
  config({ proxies: { default: { httpProxy: 'http://user:pa%24sword@127.0.0.1:9' } } });
  const events: DockEvent[] = [];
  const result = await buildImage(
    { source: { kind: 'path', path: home }, tags: ['http://user:pa%24sword@x', 'pa$sword'] },
    { env: { HOME: home, DOCKER_HOST: 'tcp://127.0.0.1:9' }, cwd: home, onEvent: (event) => events.push(event) },
  );
  expect(result.status).toBe('failed');
  expect(JSON.stringify([result, events])).not.toMatch(/pa(?:%24|\$)sword/);
});

test('pushing an image that is there asks for no platform', async () => {
  const result = await pushImage({
    imageId: 'sha256:0123',
    tags: ['127.0.0.1:9/x:1'],
    env: { HOME: home, DOCKER_HOST: 'tcp://127.0.0.1:9', DOCKER_DEFAULT_PLATFORM: 'vax?' },
    cwd: home,
    stateDir: false,
  });
  expect(result.error?.code).toBe('DAEMON_UNREACHABLE');
});
