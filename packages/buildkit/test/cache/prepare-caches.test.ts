import { describe, expect, test } from '@jest/globals';
import type { BuildSpec, EngineEvent } from '@dock/core';
import { specOf } from '../../../engine/test/engine-fixture.js';
import { solveRequest } from '../../src/build/solve-request.js';
import { prepareCaches } from '../../src/cache/prepare-caches.js';

async function requestOf(more: Partial<BuildSpec>, env: Readonly<Record<string, string>> = {}) {
  const [secrets, events]: [string[], EngineEvent[]] = [[], []];
  const spec = specOf('/', 'FROM scratch', more);
  const caches = await prepareCaches(spec, {
    env,
    addSecret: (secret) => secrets.push(secret),
    onEvent: (event) => events.push(event),
  });
  const { imports, exports } = caches;
  const request = solveRequest(spec, { ref: 'r', session: 's', dockerfileName: 'Dockerfile', imports, exports });
  return { request, secrets, events };
}

const github = {
  ACTIONS_RUNTIME_TOKEN: 'token-of-the-run',
  ACTIONS_CACHE_URL: 'https://cache.example/',
  ACTIONS_RESULTS_URL: 'https://results.example/',
};
const amazon = { AWS_ACCESS_KEY_ID: 'the-id', AWS_SECRET_ACCESS_KEY: 'the-key', AWS_SESSION_TOKEN: 'the-session' };

describe('the request of a build', () => {
  // The shapes are those of docker/buildx (`build/opt.go`) and moby/buildkit (`client/solve.go`): no such service is here to be asked.
  test.each([
    [
      'type=gha,scope=x',
      github,
      { scope: 'x', token: 'token-of-the-run', url: 'https://cache.example/' },
      ['token-of-the-run'],
    ],
    [
      'type=gha',
      { ...github, ACTIONS_CACHE_SERVICE_V2: 'True' },
      { token: 'token-of-the-run', url: 'https://cache.example/', url_v2: 'https://results.example/' },
      ['token-of-the-run'],
    ],
    [
      'type=gha',
      { ACTIONS_RUNTIME_TOKEN: 'token-of-the-run', ACTIONS_RESULTS_URL: 'https://results.example/' },
      { token: 'token-of-the-run', url: 'https://results.example/' },
      ['token-of-the-run'],
    ],
    [
      'type=gha,token=own-token,url=https://own.example/,timeout=20m',
      github,
      { token: 'own-token', url: 'https://own.example/', timeout: '20m' },
      ['own-token'],
    ],
    [
      'type=s3,region=us-west-2,bucket=my_bucket,name=my_image',
      amazon,
      {
        ...{ region: 'us-west-2', bucket: 'my_bucket', name: 'my_image' },
        ...{ access_key_id: 'the-id', secret_access_key: 'the-key', session_token: 'the-session' },
      },
      ['the-id', 'the-key', 'the-session'],
    ],
    [
      'type=s3,region=r,bucket=b,access_key_id=own-id,secret_access_key=own-key',
      amazon,
      { region: 'r', bucket: 'b', access_key_id: 'own-id', secret_access_key: 'own-key' },
      ['own-id', 'own-key'],
    ],
    [
      'type=azblob,account_url=https://a.blob.example,name=n,secret_access_key=azure-key',
      amazon,
      { account_url: 'https://a.blob.example', name: 'n', secret_access_key: 'azure-key' },
      ['azure-key'],
    ],
  ])('has %j with what %j says, and its secrets are masked', async (entry, env, attributes, masked) => {
    const [type = ''] = /(?<==)\w+/.exec(entry) ?? [];
    const { request, secrets } = await requestOf({ cacheFrom: [entry], cacheTo: [`${entry},mode=max`] }, env);
    expect(request.cache).toEqual({
      imports: [{ type, attrs: attributes }],
      exports: [{ type, attrs: { 'ignore-error': 'true', mode: 'max', ...attributes } }],
    });
    expect(JSON.parse(request.frontendAttrs?.['cache-imports'] ?? '')).toEqual([{ Type: type, Attrs: attributes }]);
    expect(new Set(secrets)).toEqual(new Set(masked));
  });

  test('has the cache in the image once, however it is asked for', async () => {
    const inline = [{ type: 'inline', attrs: {} }];
    const buildArgs = { BUILDKIT_INLINE_CACHE: '1' };
    expect((await requestOf({ buildArgs })).request.cache?.exports).toEqual(inline);
    expect((await requestOf({ buildArgs, cacheTo: ['type=inline'] })).request.cache?.exports).toEqual(inline);
    expect((await requestOf({ buildArgs: { BUILDKIT_INLINE_CACHE: 'no' } })).request.cache?.exports).toEqual([]);
  });

  test('leaves a cache out whose environment is not there, and says so', async () => {
    const { request, events } = await requestOf({ cacheTo: ['type=gha'] }, { ACTIONS_CACHE_URL: 'https://c.example/' });
    expect(request.cache?.exports).toEqual([]);
    expect(events).toEqual([
      { type: 'warning', message: 'The cache "type=gha" is not used: ACTIONS_RUNTIME_TOKEN is not set.' },
    ]);
    await expect(requestOf({ cacheTo: ['type=gha,ignore-error=false'] })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
  });
});
