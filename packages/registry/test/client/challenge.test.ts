import { expect, test } from '@jest/globals';
import { parseChallenges } from '../../src/client/challenge.js';

const read = (header: string) =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

test.each([
  ['Basic realm="a"', [['basic', { realm: 'a' }]]],
  [
    'Bearer realm="https://x/t?a=b,c",service="a \\"b\\"" , scope=repository:x:pull',
    [['bearer', { realm: 'https://x/t?a=b,c', service: 'a "b"', scope: 'repository:x:pull' }]],
  ],
  [
    'Negotiate, Basic realm="a", BEARER REALM="b"',
    [
      ['negotiate', {}],
      ['basic', { realm: 'a' }],
      ['bearer', { realm: 'b' }],
    ],
  ],
  ['', []],
  ['realm="orphan"', []],
])('%j', (header, expected) => {
  expect(read(header)).toEqual(expected);
});
