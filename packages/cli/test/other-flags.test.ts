import { expect, test } from '@jest/globals';
import { otherFlags } from '../src/command/other-flags.js';
import Build from '../src/commands/build.js';

test('no flag that dock has is among those that it has not', () => {
  expect(Object.keys(otherFlags).filter((name) => Object.hasOwn(Build.flags, name))).toEqual([]);
});
