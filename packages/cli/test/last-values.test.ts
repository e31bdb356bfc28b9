import { expect, test } from '@jest/globals';
import { lastValues } from '../src/command/last-values.js';

const flags = {
  file: { type: 'option', char: 'f' },
  network: { type: 'option' },
  tag: { type: 'option', char: 't', multiple: true },
  push: { type: 'boolean' },
};

test.each([
  [
    ['--network', 'none', '--push', '--network', 'host'],
    ['--push', '--network', 'host'],
  ],
  [
    ['--network=none', '.', '--network=host', '--network=none'],
    ['.', '--network=none'],
  ],
  [['-f', 'a', '--file=b', '-fc'], ['-fc']],
  [
    ['-f=a', '--file', 'b'],
    ['--file', 'b'],
  ],
  [
    ['-t', 'a', '--tag', 'b', '-tc'],
    ['-t', 'a', '--tag', 'b', '-tc'],
  ],
  // A value that looks like a flag, or like the end of the flags, is a value; what follows "--" is none.
  [
    ['--tag', '--network', 'x', '--network', 'y'],
    ['--tag', '--network', 'x', '--network', 'y'],
  ],
  [
    ['--network', 'a', '--', '--network', 'b'],
    ['--network', 'a', '--', '--network', 'b'],
  ],
  // Without a value: the parser says so.
  [
    ['--network', 'a', '--network'],
    ['--network', 'a', '--network'],
  ],
  [
    ['--constructor', 'a', '--unknown=b', '--unknown=c'],
    ['--constructor', 'a', '--unknown=b', '--unknown=c'],
  ],
])('of %j, %j count', (argv, wanted) => {
  expect(lastValues(argv, flags)).toEqual(wanted);
});
