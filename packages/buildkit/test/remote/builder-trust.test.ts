import { describe, expect, test } from '@jest/globals';
import { specOf } from '../../../engine/test/engine-fixture.js';
import { builderAccess, refuseOpenWay } from '../../src/remote/builder-trust.js';

const spec = specOf('/source', 'FROM scratch\n');
const node = (isPrivate: boolean, isOwnEngine = false) => ({ isPrivate, isOwnEngine, endpoint: 'tcp://far:1234' });

describe('what a builder may have', () => {
  test.each([
    ['the own engine', node(true, true), false, 'credentials'],
    ['another builder on a private way', node(true), false, 'tokens'],
    ['another one that is trusted', node(true), true, 'credentials'],
    ['one where others can listen', node(false), false, 'nothing'],
    ['one where others can listen, although it is trusted', node(false), true, 'nothing'],
    ['the own engine where others can listen', node(false, true), true, 'nothing'],
  ] as const)('%s', (_, way, trustBuilder, access) => {
    expect(builderAccess(way, { ...spec, trustBuilder })).toBe(access);
  });

  test.each([
    ['secrets', { secrets: [{ id: 'token', env: 'TOKEN' }] }],
    ['ssh', { ssh: [{ id: 'default', socket: '/agent' }] }],
  ])('%s go over no way on which others can listen, trusted or not', (option, more) => {
    const nodes = [node(true), node(false)];
    const refuse = () => refuseOpenWay('far', nodes, { ...spec, ...more, trustBuilder: true });
    const details = { option, builder: 'far', endpoint: 'tcp://far:1234' };
    expect(refuse).toThrow(expect.objectContaining({ code: 'OPTION_UNSUPPORTED', details }));
    expect(() => refuseOpenWay('far', [node(true)], { ...spec, ...more })).not.toThrow();
    expect(() => refuseOpenWay('far', nodes, spec)).not.toThrow();
  });
});
