import type { EngineImage, EnginePort, TargetReference } from '@dock/core';
import {
  engineKinds,
  baseImage,
  buildSpec,
  type RegistryRule,
  runPlugin,
  sharedEngine,
  sharedRegistry,
  type SharedRigRegistry,
  startRegistryProxy,
} from '@dock/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { push, type PushOptions } from '../src/index.js';
import { rigPort, uniqueRepository } from '../../engine/test/rig-port.js';

const engines = engineKinds();

const accept = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

interface HeldManifest {
  readonly digest: string;
  readonly body: { config?: { digest: string }; manifests?: { digest: string }[] };
}

/** What an independent client finds in a registry. */
async function held(
  registry: SharedRigRegistry,
  repository: string,
  reference: string,
): Promise<HeldManifest | undefined> {
  const url = `${registry.url}/v2/${repository}/manifests/${reference}`;
  const login = `Basic ${Buffer.from(`${registry.username}:${registry.password}`).toString('base64')}`;
  const response = await fetch(url, {
    headers: { Accept: accept, ...(registry.auth === 'basic' ? { Authorization: login } : {}) },
  });
  if (response.status === 404) return undefined;
  const body = (await response.json()) as HeldManifest['body'];
  return { digest: response.headers.get('docker-content-digest') ?? '', body };
}

describe.each(engines)('push on Engine $version, $store store', ({ version, store }) => {
  const repository = uniqueRepository('plugin-push');
  let port: EnginePort;
  let image: EngineImage;
  let open: SharedRigRegistry;
  let basic: SharedRigRegistry;
  const stops: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    const engine = await sharedEngine({ version, store });
    [open, basic] = await Promise.all([sharedRegistry(), sharedRegistry({ auth: 'basic' })]);
    port = await rigPort(engine, [basic]);
    const { id } = await baseImage(engine, { name: `${repository}:1`, files: { '/mark': repository } });
    image = await port.builtImage(id ?? '');
    stops.push(
      async () => port.removeImage(image.id, { force: true }),
      async () => port.close(),
    );
  });

  afterAll(async () => {
    for (const stop of stops) await stop();
  });

  function target(host: string, tag: string, more: Partial<TargetReference> = {}): TargetReference {
    return { registry: host, repository, tag, isPublishOnly: true, ...more };
  }

  async function publish(references: readonly TargetReference[], options: PushOptions = {}) {
    return runPlugin(push({ backoffMs: 20, ...options }), {
      hook: 'push',
      value: [],
      engine: port,
      context: { image, references, isPublishing: true },
      timeoutMs: 60_000,
    });
  }

  async function proxied(...rules: RegistryRule[]) {
    const proxy = await startRegistryProxy({ target: open.host, rules });
    stops.unshift(() => proxy.stop());
    return proxy;
  }

  async function names(): Promise<readonly string[]> {
    return (await port.inspectImage(image.id))?.tags ?? [];
  }

  test('publishes to two registries; the registries hold the digests and the image that it reports', async () => {
    const references = [
      target(open.host, 'two'),
      target(basic.host, 'two'),
      target(open.host, 'latest', { isFloating: true }),
    ];
    const { value, error } = await publish(references);
    expect(error).toBeUndefined();
    expect(value?.map(({ name }) => name)).toEqual([
      `${open.host}/${repository}:two`,
      `${basic.host}/${repository}:two`,
      `${open.host}/${repository}:latest`,
    ]);
    for (const published of value ?? []) {
      const registry = published.registry === open.host ? open : basic;
      const found = await held(registry, repository, published.reference.tag ?? '');
      expect(found?.digest).toBe(published.digest);
      expect(published).toMatchObject({ isVerified: true, confirmedBy: 'direct', attempts: 1 });
      expect([image.configDigest, undefined]).toContain(found?.body.config?.digest);
      expect(published.configDigest).toBe(image.configDigest);
    }
    expect(await names()).toEqual([`${repository}:1`]);
  });

  test('a second push of the same image sends no layer', async () => {
    await publish([target(open.host, 'twice')]);
    const before = open.requests().length;
    const { value } = await publish([target(open.host, 'twice')]);
    const sent = open
      .requests()
      .slice(before)
      .filter(({ method, path }) => method === 'PATCH' && path.includes(repository));
    expect(value).toHaveLength(1);
    expect(sent).toEqual([]);
  });

  test('a registry that is busy twice for the manifest gets it at the third attempt', async () => {
    const proxy = await proxied({
      method: 'PUT',
      path: /\/manifests\//,
      times: 2,
      status: 429,
      headers: { 'Retry-After': '1' },
    });
    const { value, warnings, error } = await publish([target(proxy.host, 'busy')]);
    expect(error).toBeUndefined();
    // The containerd store asks again by itself.
    const attempts = store === 'containerd' ? 1 : 3;
    expect(value?.[0]).toMatchObject({ attempts, isVerified: true });
    expect(warnings.some(({ message }) => message.includes('attempt 3'))).toBe(attempts === 3);
    expect(proxy.requests.filter(({ method, isFaulted }) => method === 'PUT' && isFaulted)).toHaveLength(2);
    expect((await held(open, repository, 'busy'))?.digest).toBe(value?.[0]?.digest);
  });

  test.each([500, 503])(
    'a registry that answers %i for the manifest is tried again, then an error that keeps the image',
    async (status) => {
      const proxy = await proxied({ method: 'PUT', path: /\/manifests\//, status });
      const { error } = await publish([target(proxy.host, `s${status}`)], { retries: 2 });
      expect(error).toMatchObject({ code: 'REGISTRY_ERROR', exitStatus: 3, details: { attempts: 3 } });
      expect(error?.message).toContain(proxy.host);
      expect(error?.message).toContain(String(status));
      expect(error?.hint).toContain(`run "dock push ${image.id} --tag ${proxy.host}/${repository}:s${status}"`);
      // The containerd of Engine 28 asks a second time by itself, in each attempt.
      const asked = version === '28' && store === 'containerd' ? 6 : 3;
      expect(proxy.requests.filter(({ method, isFaulted }) => method === 'PUT' && isFaulted)).toHaveLength(asked);
      expect(await names()).toEqual([`${repository}:1`]);
    },
  );

  test('a registry that is down does not keep another from being published', async () => {
    const gone = await proxied();
    await gone.stop();
    const { error, published, unpublished } = await publish([target(open.host, 'half'), target(gone.host, 'half')], {
      retries: 0,
    });
    expect(error).toMatchObject({ code: 'PUSH_PARTIAL', exitStatus: 3 });
    const found = await held(open, repository, 'half');
    expect(published.map(({ digest }) => digest)).toEqual([found?.digest]);
    expect(error?.message).toContain(found?.digest);
    expect(unpublished.map(({ registry, error: { code } }) => [registry, code])).toEqual([
      [gone.host, 'REGISTRY_UNREACHABLE'],
    ]);
  });

  test('wrong credentials are AUTH_FAILED before the build, and not tried again in a push', async () => {
    const stranger = await rigPort(await sharedEngine({ version, store }));
    stops.unshift(async () => stranger.close());
    const references = [target(basic.host, 'denied')];
    const plugin = push({ backoffMs: 1 });
    const before = await runPlugin(plugin, {
      hook: 'prebuild',
      value: buildSpec({ references }),
      engine: stranger,
      context: { isPublishing: true },
    });
    expect(before.error).toMatchObject({ code: 'AUTH_FAILED', exitStatus: 4 });
    expect(before.error?.message).toContain(basic.host);
    const { error, unpublished } = await runPlugin(plugin, {
      hook: 'push',
      value: [],
      engine: stranger,
      context: { image, references },
      timeoutMs: 60_000,
    });
    expect(error).toMatchObject({ code: 'AUTH_FAILED', exitStatus: 4 });
    expect(unpublished[0]?.attempts).toBe(1);
    expect(await held(basic, repository, 'denied')).toBeUndefined();
  });

  test('a registry that takes the connection and says nothing is PUSH_TIMEOUT at the idle limit', async () => {
    const proxy = await proxied({ stall: true });
    const { error } = await publish([target(proxy.host, 'stall')], { idleTimeoutMs: 1500 });
    expect(error).toMatchObject({ code: 'PUSH_TIMEOUT', exitStatus: 124 });
    expect(await names()).toEqual([`${repository}:1`]);
  }, 20_000);

  test('a name that was moved before the push is TAG_MOVED and nothing is sent', async () => {
    const moved = target(open.host, 'moved', { isPublishOnly: false });
    const engine = await sharedEngine({ version, store });
    const name = `${open.host}/${repository}:moved`;
    const { id } = await baseImage(engine, { name, files: { '/mark': 'somebody else' } });
    const { error } = await publish([moved]);
    await port.removeImage(name, { force: true });
    expect(error).toMatchObject({ code: 'TAG_MOVED', exitStatus: 1 });
    expect(error?.message).toContain(id);
    expect(error?.message).toContain(image.id);
    expect(await held(open, repository, 'moved')).toBeUndefined();
  });
});
