import { describe, expect, test } from '@jest/globals';
import { privileged } from '../src/index.js';

describe('privileged', () => {
  test('keeps what it was made with, so that a flag can change one option', () => {
    expect(privileged({ buildImage: 'build:1', cache: 'team', load: true })).toMatchObject({
      name: 'privileged',
      options: { buildImage: 'build:1', cache: 'team', load: true },
    });
  });

  test.each([
    [{}, /"buildImage"/],
    [{ buildImage: 'build:1', mode: 'root' }, /"mode"/],
    [{ buildImage: 'build:1', cache: '../x' }, /"cache".*letters/],
    [{ buildImage: 'build:1', engineArgs: ['vfs'] }, /"engineArgs.*flag of dockerd/],
    [{ buildImage: 'build:1', addressPools: [{ base: '10.0.0.0/8' }] }, /"addressPools/],
    [{ buildImage: 'build:1', mtu: 0 }, /"mtu"/],
    [{ buildImage: 'build:1', socketPath: '/x' }, /unknown key "socketPath"/],
  ])('refuses %j', (options, message) => {
    expect(() => privileged(options as never)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) }),
    );
  });
});
