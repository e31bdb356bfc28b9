import { expect, test } from '@jest/globals';
import { inspect } from '../src/index.js';

test('is named inspect and is strict, unless told otherwise', () => {
  expect(inspect()).toMatchObject({ name: 'inspect', optional: false });
  expect(inspect({ name: 'look', optional: true })).toMatchObject({ name: 'look', optional: true });
});

test.each([
  [{ layer: true }, 'unknown key "layer"'],
  [{ layers: 'yes' }, '"layers"'],
  [{ name: '' }, '"name"'],
])('refuses %j when the config loads', (options, message) => {
  expect(() => inspect(options as never)).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(message) as never }),
  );
});
