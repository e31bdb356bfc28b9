import { expect, test } from '@jest/globals';
import { chooseRunner } from '@dock/api';
import { containerOptions } from '../src/request/container-flags.js';

test('every option of a build container has a flag', async () => {
  const common = {
    'build-image': 'build:1',
    'pass-env': ['A', 'B'],
    credentials: ['r.example'],
    'container-network': 'host',
    'container-dns': ['1.2.3.4'],
    'container-add-host': ['db:10.0.0.2'],
    'container-memory': '4g',
    'container-pids-limit': '100',
    'push-buildroot-to': 'r.example',
    keep: true,
  };
  const options = {
    buildImage: 'build:1',
    passEnv: ['A', 'B'],
    credentials: ['r.example'],
    network: 'host',
    dns: ['1.2.3.4'],
    addHosts: ['db:10.0.0.2'],
    memory: 4 * 2 ** 30,
    pidsLimit: 100,
    pushBuildrootTo: 'r.example',
    keep: true,
  };
  expect(
    await chooseRunner({ method: 'host-docker', options: containerOptions({ ...common, 'engine-socket': '/s' }) }),
  ).toMatchObject({ name: 'host-docker', options: { ...options, socketPath: '/s' } });
  const inner = {
    'engine-mode': 'capabilities',
    'engine-cache': 'team',
    load: true,
    'engine-mtu': '1400',
    'engine-address-pool': ['base=10.10.0.0/16,size=24'],
    'engine-ca': 'ca.pem',
    'engine-arg': ['--debug'],
    'engine-start-timeout': '2m',
  };
  expect(
    await chooseRunner({ method: 'privileged', options: containerOptions({ ...common, ...inner }) }),
  ).toMatchObject({
    name: 'privileged',
    options: {
      ...options,
      mode: 'capabilities',
      cache: 'team',
      load: true,
      mtu: 1400,
      addressPools: [{ base: '10.10.0.0/16', size: 24 }],
      ca: 'ca.pem',
      engineArgs: ['--debug'],
      startTimeoutMs: 120_000,
    },
  });
});

test.each([
  [{ 'container-pids-limit': '0' }, '"--container-pids-limit 0" is not a number.'],
  [{ 'engine-mtu': '1e3' }, '"--engine-mtu 1e3" is not a number.'],
  [{ 'engine-address-pool': ['10.10.0.0/16'] }, '"--engine-address-pool 10.10.0.0/16" is not a pool of addresses.'],
  [{ 'container-memory': 'much' }, '"--container-memory much" is not a size.'],
])('%j is refused in its own words', (flags, message) => {
  expect(() => containerOptions(flags)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', message }));
});

test('--load asks for nothing where the image is in the engine anyway', async () => {
  const options = containerOptions({ load: true });
  expect(await chooseRunner({ method: 'here', options })).toMatchObject({ name: 'here' });
  expect(await chooseRunner({ method: undefined, options })).toBeUndefined();
});
