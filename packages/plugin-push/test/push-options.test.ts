import { describe, expect, test } from '@jest/globals';
import { push } from '../src/index.js';

describe('push()', () => {
  test('is named push, is strict and publishes, unless told otherwise', () => {
    expect(push()).toMatchObject({ name: 'push', optional: false, publishes: true });
    expect(push({ name: 'push-mirror', optional: true })).toMatchObject({ name: 'push-mirror', optional: true });
  });

  test.each([
    [{ retrys: 3 }, '"retrys"', 'Did you mean "retries"?'],
    [{ retries: -1 }, '"retries"', ''],
    [{ retries: '3' }, 'must be a number', ''],
    [{ concurrency: 0 }, '"concurrency"', ''],
    [{ backoffMs: 0 }, '"backoffMs"', ''],
    [{ idleTimeoutMs: 1.5 }, '"idleTimeoutMs"', ''],
    [{ verify: 'yes' }, '"verify"', ''],
    [{ name: '' }, '"name"', ''],
  ])('refuses %j when the config loads', (options, message, hint) => {
    expect(() => push(options as never)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(message) as never,
        hint: expect.stringContaining(hint) as never,
      }),
    );
  });
});
