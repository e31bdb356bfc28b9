import { describe, expect, test } from '@jest/globals';
import { pullBase } from '../src/index.js';

describe('pullBase()', () => {
  test('is named pull-base and is strict, unless told otherwise', () => {
    expect(pullBase()).toMatchObject({ name: 'pull-base', optional: false });
    expect(pullBase({ name: 'bases', optional: true })).toMatchObject({ name: 'bases', optional: true });
  });

  test.each([
    'localhost',
    'localhost:5000',
    'registry.example.com',
    'registry.example.com/mirror/hub',
    '127.0.0.1:5000/x',
    '[::1]:5000',
  ])('takes "%s" as a registry', (registry) => {
    expect(() => pullBase({ parentRegistry: registry, allowedRegistries: [registry] })).not.toThrow();
  });

  test.each([
    [{ policy: 'sometimes' }, '"policy"', ''],
    [{ polycy: 'never' }, '"polycy"', 'Did you mean "policy"?'],
    [{ parentRegistry: 'mirror' }, '"parentRegistry"', ''],
    [{ parentRegistry: 'https://mirror.example' }, '"parentRegistry"', ''],
    [{ parentRegistry: '' }, '"parentRegistry"', ''],
    [{ allowedRegistries: ['docker.io', 'x'] }, '"allowedRegistries[1]"', ''],
    [{ allowedRegistries: [] }, '"allowedRegistries"', ''],
    [{ pinBase: 'yes' }, 'must be true or false', ''],
  ])('refuses %j when the config loads', (options, message, hint) => {
    expect(() => pullBase(options as never)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(message) as never,
        hint: expect.stringContaining(hint) as never,
      }),
    );
  });
});
