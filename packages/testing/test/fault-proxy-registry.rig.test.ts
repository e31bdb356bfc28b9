import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  baseImage,
  engineRequest,
  sharedEngine,
  sharedRegistry,
  startFaultProxy,
  startRegistryProxy,
  type RegistryProxy,
  type SharedRigEngine,
} from '../src/index.js';

let engine: SharedRigEngine;
let proxy: RegistryProxy;
let name = '';
beforeEach(async () => {
  engine = await sharedEngine();
  proxy = await startRegistryProxy({ target: (await sharedRegistry()).host });
  name = `${proxy.host}/proxied`;
  const { id = '' } = await baseImage(engine);
  await engineRequest(engine.socketPath, 'POST', `/images/${id}/tag?repo=${encodeURIComponent(name)}&tag=1`);
});
afterEach(async () => {
  await engineRequest(engine.socketPath, 'DELETE', `/images/${name}:1`);
  await proxy.stop();
});

const push = async () =>
  (
    await engineRequest(engine.socketPath, 'POST', `/images/${name}/push?tag=1`, undefined, {
      headers: { 'X-Registry-Auth': 'e30=' },
    })
  ).text;

describe('a real push through the registry proxy', () => {
  test('arrives, with its uploads on the proxy', async () => {
    expect(await push()).toMatch(/"aux":\{"Tag":"1","Digest":"sha256:[0-9a-f]{64}"/);
    expect(
      proxy.requests.some((each) => each.method === 'PUT' && each.path.includes('/manifests/') && each.status === 201),
    ).toBe(true);
  });

  test('is refused once by a manifest that answers 429, and then arrives', async () => {
    proxy.addRule({
      method: 'PUT',
      path: /\/manifests\//,
      times: 1,
      status: 429,
      headers: { 'Retry-After': '1' },
      body: '{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}',
    });
    expect(await push()).toMatch(/"error":".*(slow down|toomanyrequests)/i);
    expect(await push()).toMatch(/"aux":\{"Tag":"1"/);
  });
});

test('a real engine answers through the fault proxy, byte by byte', async () => {
  const fault = await startFaultProxy({ target: engine });
  try {
    fault.splitEveryByte = true;
    if (!('socketPath' in fault.address)) throw new Error('no socket');
    expect((await engineRequest(fault.address.socketPath, 'GET', '/_ping')).text).toBe('OK');
  } finally {
    await fault.stop();
  }
});
