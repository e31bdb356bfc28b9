import { describe, expect, test } from '@jest/globals';
import { type Dock, type DockPlugin, hookNames } from '@dock/core';
import { pushTapsOf } from '../src/index.js';

/** A plugin that taps every hook, and what came of it. */
function tapsKept(more: Partial<DockPlugin>): string[] {
  const kept: string[] = [];
  const hook = (name: string) => ({
    tap: () => kept.push(name),
    tapPromise: () => kept.push(name),
    tapAsync: () => kept.push(name),
  });
  const hooks = Object.freeze(Object.fromEntries(hookNames.map((name) => [name, hook(name)])));
  const all: DockPlugin = {
    name: 'all',
    apply(dock) {
      for (const name of hookNames)
        (dock.hooks[name].tap as (name: string, fn: () => undefined) => void)('all', () => undefined);
    },
    ...more,
  };
  const [plugin] = pushTapsOf([all]);
  plugin?.apply({ version: '1.0.0', hooks } as unknown as Dock);
  return kept;
}

describe('the plugins of a config, for an image that is already built', () => {
  test('keep what they do in "push" and "cleanup"', () => {
    expect(tapsKept({})).toEqual(['push', 'cleanup']);
  });

  test('that publish are whole', () => {
    expect(tapsKept({ publishes: true })).toEqual([...hookNames]);
  });

  test('that are none stay what they are, for the run to tell', () => {
    expect(pushTapsOf(['@dock/plugin-push' as never, undefined as never])).toEqual(['@dock/plugin-push', undefined]);
  });

  test('that tap a hook that is none meet none', () => {
    const [plugin] = pushTapsOf([
      { name: 'p', apply: (dock) => (dock.hooks as never as { postpush: { tap(): void } }).postpush.tap() },
    ]);
    expect(() => plugin?.apply({ version: '1.0.0', hooks: {} } as unknown as Dock)).toThrow(TypeError);
  });
});
