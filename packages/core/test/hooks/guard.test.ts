import { describe, expect, test } from '@jest/globals';
import type { DockPlugin } from '../../src/contracts/plugin.js';
import { isDockError } from '../../src/errors/dock-error.js';
import { guardCall } from '../../src/hooks/guard.js';
import { createHookSet } from '../../src/hooks/hook-set.js';
import type { Tap } from '../../src/hooks/tap.js';
import { builtImage, buildSpec, caught } from './fixtures.js';

const limits = { signal: undefined, forceSignal: undefined, timeoutMs: 60, graceMs: 20 };

/** Calls taps under the real guard, as the run does, without context. */
const caller = async (hook: 'prebuild' | 'build' | 'cleanup' | 'push', tap: Tap, args: readonly unknown[]) =>
  guardCall(() => tap.fn(...args, {}), { plugin: tap.plugin.name, hook, tap: tap.name }, limits);

async function run(hook: 'prebuild' | 'build', ...plugins: DockPlugin[]): Promise<unknown> {
  const hooks = await createHookSet(plugins, '1.0.0');
  return hooks.call(hook, [hook === 'prebuild' ? buildSpec() : buildSpec()], caller as never);
}

function plugin(name: string, apply: DockPlugin['apply']): DockPlugin {
  return { name, apply };
}

const quiet = plugin('quiet', (dock) => {
  dock.hooks.prebuild.tap('quiet', async () => {
    await new Promise((resolve) => setImmediate(resolve));
  });
});

describe('a tap that misbehaves after an async one', () => {
  const taps: Record<string, DockPlugin['apply']> = {
    'throws synchronously': (dock) =>
      dock.hooks.prebuild.tap('bad', () => {
        throw new Error('boom');
      }),
    'rejects with undefined': (dock) => dock.hooks.prebuild.tap('bad', () => Promise.reject(undefined)),
    'returns no promise from tapPromise': (dock) => dock.hooks.prebuild.tapPromise('bad', (() => buildSpec()) as never),
    'throws synchronously in tapPromise': (dock) =>
      dock.hooks.prebuild.tapPromise('bad', () => {
        throw new Error('boom');
      }),
    'throws synchronously in tapAsync': (dock) =>
      dock.hooks.prebuild.tapAsync('bad', () => {
        throw new Error('boom');
      }),
    'calls back with an error': (dock) =>
      dock.hooks.prebuild.tapAsync('bad', (_spec, _context, callback) => callback(new Error('boom'))),
    'calls back with a falsy error': (dock) =>
      dock.hooks.prebuild.tapAsync('bad', (_spec, _context, callback) => callback('')),
    'calls back twice': (dock) =>
      dock.hooks.prebuild.tapAsync('bad', (_spec, _context, callback) => {
        callback();
        callback();
      }),
    'returns null': (dock) => dock.hooks.prebuild.tap('bad', (() => null) as never),
    'returns something else': (dock) => dock.hooks.prebuild.tap('bad', (() => ({ contextDir: 1 })) as never),
    'returns a key that reaches the prototype': (dock) =>
      dock.hooks.prebuild.tap('bad', (() => JSON.parse('{"__proto__":{"polluted":true}}')) as never),
    'returns a cycle': (dock) =>
      dock.hooks.prebuild.tap('bad', (() => {
        const spec: Record<string, unknown> = { ...buildSpec() };
        spec['labels'] = { self: spec };
        return spec;
      }) as never),
    'returns more than 16 MiB': (dock) =>
      dock.hooks.prebuild.tap('bad', () => ({ ...buildSpec(), labels: { big: 'x'.repeat(17 * 1024 * 1024) } })),
  };

  test.each(Object.entries(taps))(
    '%s: PLUGIN_FAILED names plugin and hook, and later taps do not run',
    async (_, apply) => {
      let later = 0;
      const after = plugin('after', (dock) =>
        dock.hooks.prebuild.tap('after', () => {
          later += 1;
        }),
      );
      const error = await caught(run('prebuild', quiet, plugin('bad', apply), after));
      expect(error).toMatchObject({ code: 'PLUGIN_FAILED', plugin: 'bad', hook: 'prebuild', exitStatus: 5 });
      expect(later).toBe(0);
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    },
  );
});

test('a tap that never settles is PLUGIN_TIMEOUT and says that it still runs', async () => {
  const error = await caught(
    run(
      'prebuild',
      quiet,
      plugin('slow', (dock) => dock.hooks.prebuild.tap('slow', () => new Promise(() => undefined))),
    ),
  );
  expect(error).toMatchObject({
    code: 'PLUGIN_TIMEOUT',
    plugin: 'slow',
    hook: 'prebuild',
    exitStatus: 124,
    details: { stillRunning: true },
  });
  expect(String(error)).toContain('60 ms');
});

test('a tap over its deadline that stops on its signal is not reported as running', async () => {
  const error = await caught(
    guardCall(
      (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopping')))),
      { plugin: 'p', hook: 'build', tap: 'p' },
      { ...limits, graceMs: 5_000 },
    ),
  );
  expect(error).toMatchObject({ code: 'PLUGIN_TIMEOUT', details: { stillRunning: false } });
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  [undefined, 130],
])('an abort by %s is CANCELLED with status %i', async (reason, status) => {
  const controller = new AbortController();
  const call = guardCall(
    () => new Promise(() => undefined),
    { plugin: 'p', hook: 'push', tap: 'p' },
    { ...limits, timeoutMs: 0, signal: controller.signal },
  );
  controller.abort(reason);
  expect(await caught(call)).toMatchObject({ code: 'CANCELLED', exitStatus: status, plugin: 'p' });
});

test('a second signal does not wait for a tap that goes on', async () => {
  const first = new AbortController();
  const second = new AbortController();
  const call = guardCall(
    () => new Promise(() => undefined),
    { plugin: 'p', hook: 'push', tap: 'p' },
    { timeoutMs: 0, graceMs: 60_000, signal: first.signal, forceSignal: second.signal },
  );
  first.abort('SIGINT');
  second.abort();
  expect(await caught(call)).toMatchObject({ code: 'CANCELLED', details: { stillRunning: true } });
});

test('an async function given to tap is awaited', async () => {
  const spec = buildSpec({ target: 'later' });
  const value = await run(
    'prebuild',
    quiet,
    plugin('p', (dock) => dock.hooks.prebuild.tap('p', async () => spec)),
  );
  expect(value).toMatchObject({ target: 'later' });
});

test('undefined keeps the value of a waterfall, and the first value of a bail hook wins', async () => {
  expect(await run('prebuild', quiet)).toEqual(buildSpec());
  const first = builtImage();
  const image = await run(
    'build',
    plugin('none', (dock) => dock.hooks.build.tap('none', () => undefined)),
    plugin('a', (dock) => dock.hooks.build.tap('a', () => first)),
    plugin('b', (dock) =>
      dock.hooks.build.tap('b', () => {
        throw new Error('never');
      }),
    ),
  );
  expect(image).toEqual(first);
});

test('a value is frozen, so that a tap changes a build only by what it returns', async () => {
  const value = (await run(
    'prebuild',
    plugin('p', (dock) => dock.hooks.prebuild.tap('p', () => buildSpec())),
  )) as { labels: object };
  expect(Object.isFrozen(value.labels)).toBe(true);
});

describe('order', () => {
  async function order(...plugins: DockPlugin[]): Promise<string[]> {
    const seen: string[] = [];
    const hooks = await createHookSet(plugins, '1.0.0');
    await hooks.call('push', [[]], async (_, tap) => {
      seen.push(tap.name);
      return undefined;
    });
    return seen;
  }
  const tap = (name: string, options?: object) =>
    plugin(name, (dock) => dock.hooks.push.tap(name, () => undefined, options as never));

  test('taps run in plugins order, then by stage', async () => {
    expect(
      await order(
        tap('announce', { stage: 'announce' }),
        tap('a'),
        tap('promote', { stage: 'promote' }),
        tap('b'),
        tap('attest', { stage: 'attest' }),
      ),
    ).toEqual(['a', 'b', 'attest', 'promote', 'announce']);
  });

  test('a tap with before runs before the taps it names, also when they come later', async () => {
    expect(await order(tap('x', { before: ['b', 'c'] }), tap('a'), tap('b'), tap('c'))).toEqual(['a', 'x', 'b', 'c']);
  });

  test.each([
    ['an unknown before', [tap('a', { before: 'nobody' })], 'nobody'],
    ['taps that wait for each other', [tap('a', { before: 'b' }), tap('b', { before: 'a' })], 'a, b'],
    [
      'two taps of one name',
      [
        plugin('p', (dock) => {
          dock.hooks.push.tap('p', () => undefined);
          dock.hooks.push.tap('p', () => undefined);
        }),
      ],
      '"p"',
    ],
    ['an unknown stage', [tap('a', { stage: 'soon' })], 'soon'],
    [
      'an apply that throws',
      [
        plugin('p', () => {
          throw new Error('no');
        }),
      ],
      'no',
    ],
    ['an asynchronous apply', [plugin('p', (async () => undefined) as never)], 'asynchronous'],
  ])('%s is PLUGIN_INVALID before anything runs', async (_, plugins, text) => {
    const error = await caught(createHookSet(plugins as DockPlugin[], '1.0.0'));
    expect(error).toMatchObject({ code: 'PLUGIN_INVALID', exitStatus: 2 });
    expect(String(error)).toContain(text);
  });

  test('a tap after apply() returned is refused', async () => {
    let late: (() => void) | undefined;
    await createHookSet(
      [
        plugin('p', (dock) => {
          late = () => dock.hooks.build.tap('late', () => undefined);
        }),
      ],
      '1.0.0',
    );
    expect(() => late?.()).toThrow(expect.objectContaining({ code: 'PLUGIN_INVALID' }));
  });
});

test('an error of dock thrown by a tap keeps its code and gains the place', async () => {
  const { DockError } = await import('../../src/errors/dock-error.js');
  const error = await caught(
    run(
      'prebuild',
      plugin('gate', (dock) =>
        dock.hooks.prebuild.tap('gate', () => {
          throw new DockError('GATE_FAILED', 'no');
        }),
      ),
    ),
  );
  expect(isDockError(error)).toBe(true);
  expect(error).toMatchObject({ code: 'GATE_FAILED', plugin: 'gate', hook: 'prebuild', exitStatus: 1 });
});
