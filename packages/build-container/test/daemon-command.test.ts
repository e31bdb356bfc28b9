import { describe, expect, test } from '@jest/globals';
import { needsContainerd } from '../src/inside/inner-engine/containerd.js';
import { daemonArguments, daemonEnvironment, engineRelease } from '../src/inside/inner-engine/daemon-command.js';
import type { InnerEngineSettings } from '../src/inside/inner-engine/inner-engine-settings.js';

const settings: InnerEngineSettings = {
  kind: 'inner',
  dataRoot: '/var/lib/docker',
  insecureRegistries: ['127.0.0.0/8', 'registry.test:5000'],
  registryMirrors: ['https://mirror.test/'],
  dns: ['10.0.0.2'],
  mtu: 1400,
  addressPools: [{ base: '172.30.0.0/16', size: 24 }],
  engineArgs: ['--storage-driver=vfs'],
  startTimeoutMs: 1000,
};

describe('dockerd inside', () => {
  test("has the host's registries, the networks that were asked for, and the caller's flags last", () => {
    const args = daemonArguments(settings);
    expect(args.slice(0, 2)).toEqual([
      '--config-file=/run/dock/engine/daemon.json',
      '--host=unix:///run/dock/engine/docker.sock',
    ]);
    expect(args.slice(-7)).toEqual([
      '--insecure-registry=127.0.0.0/8',
      '--insecure-registry=registry.test:5000',
      '--registry-mirror=https://mirror.test/',
      '--dns=10.0.0.2',
      '--mtu=1400',
      '--default-address-pool=base=172.30.0.0/16,size=24',
      '--storage-driver=vfs',
    ]);
    expect(args).toContain('--data-root=/var/lib/docker');
    expect(args.join(' ')).not.toContain('--containerd');
  });

  test('uses the containerd that was started for it, unless the caller names one', () => {
    expect(daemonArguments(settings, '/run/containerd.sock')).toContain('--containerd=/run/containerd.sock');
    expect(needsContainerd(settings)).toBe(true);
    expect(needsContainerd({ ...settings, engineArgs: ['--containerd=/own.sock'] })).toBe(false);
    expect(needsContainerd({ ...settings, engineArgs: ['--containerd', '/own.sock'] })).toBe(false);
  });

  test('keeps whole step logs, and gets of the job its path and proxies alone', () => {
    const env = { PATH: '/bin', https_proxy: 'http://proxy.test', TOKEN: 'secret', SSL_CERT_FILE: '/etc/own.pem' };
    expect(daemonEnvironment(env, settings, 26)).toEqual({
      PATH: '/bin',
      HOME: '/run/dock/engine',
      container: 'docker',
      BUILDKIT_STEP_LOG_MAX_SIZE: '-1',
      BUILDKIT_STEP_LOG_MAX_SPEED: '-1',
      https_proxy: 'http://proxy.test',
    });
  });

  test.each([20, undefined])(
    'leaves the limits of logs to an engine that takes them otherwise, or does not say what it is (%s)',
    (release) => {
      expect(
        Object.keys(daemonEnvironment({}, settings, release)).filter((name) => name.startsWith('BUILDKIT')),
      ).toEqual([]);
    },
  );

  test.each([
    ['Docker version 26.1.5+dfsg1, build a72d7cd', 26],
    ['Docker version 20.10.24+dfsg1, build 297e128', 20],
    ['docker version', undefined],
    ['', undefined],
  ])('reads the release in "%s"', (text, release) => {
    expect(engineRelease(text)).toBe(release);
  });

  test('trusts the certificates of the caller beside those of the system', () => {
    expect(daemonEnvironment({}, { ...settings, caFile: '/run/dock/ca.pem' })).toMatchObject({
      SSL_CERT_FILE: '/run/dock/engine/certificates.pem',
    });
  });
});
