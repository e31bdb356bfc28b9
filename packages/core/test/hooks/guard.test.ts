import { describe, expect, test } from '@jest/globals';
import type { DockHooks, DockPlugin } from '../../src/contracts/plugin.js';
import { DockError, isDockError } from '../../src/errors/dock-error.js';
import { guardCall } from '../../src/hooks/guard.js';
import { plainCopy } from '../../src/hooks/plain-value.js';
import { createHookSet } from '../../src/hooks/hook-set.js';
import type { Tap } from '../../src/hooks/tap.js';
import { builtImage, buildSpec, caught } from './fixtures.js';

/** Hooks as a plugin without types sees them. */
type AnyHooks = Readonly<Record<string, DockHooks['build'] | undefined>>;

const limits = { signal: undefined, forceSignal: undefined, timeoutMs: 20_000, graceMs: 20 };

/** Calls taps under the real guard, as the run does, without context. */
const caller = async (hook: 'prebuild' | 'build' | 'cleanup' | 'push', tap: Tap, args: readonly unknown[]) =>
  guardCall(
    () => tap.fn(...args, {}),
    { plugin: tap.plugin.name, hook, tap: tap.name },
    { ...limits, timeoutMs: tap.timeoutMs ?? limits.timeoutMs },
  );

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
      plugin('slow', (dock) => dock.hooks.prebuild.tap('slow', () => new Promise(() => undefined), { timeoutMs: 60 })),
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
      { ...limits, timeoutMs: 60, graceMs: 5_000 },
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

test.each([true, false])(
  'a fault that nothing caught is not laid at the tap that it meets (running: %s)',
  async (isRunning) => {
    const controller = new AbortController();
    const call = guardCall(
      (signal) =>
        new Promise<void>((resolve) => {
          if (!isRunning) signal.addEventListener('abort', () => resolve());
        }),
      { plugin: 'p', hook: 'push', tap: 'p' },
      { ...limits, timeoutMs: 0, graceMs: isRunning ? 0 : 60_000, signal: controller.signal },
    );
    controller.abort(new DockError('INTERNAL', 'Nothing caught this: stray'));
    const error = await caught(call);
    expect(error).toMatchObject({ code: 'INTERNAL', plugin: undefined, hook: undefined });
    expect(String(error).includes('A tap of plugin "p" in hook "push" is still running.')).toBe(isRunning);
  },
);

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

describe('what the guard never takes for success', () => {
  test('a call that is cut short by a second signal alone', async () => {
    const second = new AbortController();
    let isStopped = false;
    const call = guardCall(
      async (signal) => {
        signal.addEventListener('abort', () => {
          isStopped = true;
        });
        return new Promise(() => undefined);
      },
      { plugin: 'p', hook: 'cleanup', tap: 'p' },
      { timeoutMs: 0, graceMs: 60_000, signal: undefined, forceSignal: second.signal },
    );
    second.abort();
    expect(await caught(call)).toMatchObject({ code: 'CANCELLED', details: { stillRunning: true } });
    expect(isStopped).toBe(true);
  });

  test('a plugin that cancelled something of its own: it failed, and nobody cancelled the run', async () => {
    const { DockError } = await import('../../src/errors/dock-error.js');
    const call = guardCall(
      () => Promise.reject(new DockError('CANCELLED', 'The call was cancelled.')),
      { plugin: 'p', hook: 'push', tap: 'p' },
      limits,
    );
    expect(await caught(call)).toMatchObject({ code: 'PLUGIN_FAILED', exitStatus: 5, cause: { code: 'CANCELLED' } });
  });

  test('a limit that no timer can hold is none, not one millisecond', async () => {
    const call = guardCall(
      () => new Promise((resolve) => setTimeout(resolve, 20, 'done')),
      { plugin: 'p', hook: 'push', tap: 'p' },
      { ...limits, timeoutMs: 2 ** 31 },
    );
    expect(await call).toBe('done');
  });
});

test.each([
  ['an object without a prototype', Object.create(null), 'PLUGIN_FAILED'],
  ['a symbol', Symbol('s'), 'PLUGIN_FAILED'],
  ['an error of another realm', { message: 'far away' }, 'PLUGIN_FAILED'],
  ['a full disk', Object.assign(new Error('write'), { code: 'ENOSPC' }), 'DISK_FULL'],
])('%s that is thrown is named', async (_, thrown, code) => {
  const call = guardCall(() => Promise.reject(thrown), { plugin: 'p', hook: 'push', tap: 'p' }, limits);
  expect(await caught(call)).toMatchObject({ code, plugin: 'p', hook: 'push' });
});

test('a value may have names that objects have themselves', () => {
  const text = '{"labels":{"__proto__":"a","constructor":"b","prototype":"c"}}';
  expect(JSON.stringify(plainCopy(JSON.parse(text), 'It'))).toBe(text);
});

test('the time limit of the caller is TIMEOUT, not a cancellation by somebody', async () => {
  const call = guardCall(
    () => new Promise(() => undefined),
    { plugin: 'p', hook: 'push', tap: 'p' },
    { ...limits, timeoutMs: 0, signal: AbortSignal.timeout(5) },
  );
  expect(await caught(call)).toMatchObject({ code: 'TIMEOUT', exitStatus: 124 });
});

test('a hundred taps, and as many listeners in one tap, are no leak of listeners', async () => {
  const warnings: string[] = [];
  const onWarning = (warning: Error) => warnings.push(warning.name);
  process.on('warning', onWarning);
  const controller = new AbortController();
  for (let index = 0; index < 100; index++)
    await guardCall(
      (signal) => signal.addEventListener('abort', () => undefined),
      { plugin: 'p', hook: 'push', tap: 'p' },
      { ...limits, signal: controller.signal, forceSignal: controller.signal },
    );
  await guardCall(
    (signal) => {
      for (let index = 0; index < 100; index++) signal.addEventListener('abort', () => undefined);
    },
    { plugin: 'p', hook: 'push', tap: 'p' },
    limits,
  );
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', onWarning);
  expect(warnings).toEqual([]);
});

describe('values', () => {
  test('what the run hands to the taps cannot be changed in place', async () => {
    const given = { ...buildSpec(), labels: { a: 'b' } };
    const hooks = await createHookSet(
      [
        plugin('p', (dock) =>
          dock.hooks.prebuild.tap('p', (spec) => {
            (spec.labels as Record<string, string>)['a'] = 'changed';
          }),
        ),
      ],
      '1.0.0',
    );
    expect(await caught(hooks.call('prebuild', [given], caller as never))).toMatchObject({ code: 'PLUGIN_FAILED' });
    expect(given.labels).toEqual({ a: 'b' });
  });

  test('what a tap returned is not changed by what it does to it later', async () => {
    const labels: Record<string, string> = { a: 'b' };
    const value = await run(
      'prebuild',
      plugin('p', (dock) => dock.hooks.prebuild.tap('p', () => ({ ...buildSpec(), labels }))),
      plugin('q', (dock) =>
        dock.hooks.prebuild.tap('q', () => {
          labels['a'] = 'changed';
        }),
      ),
    );
    expect(value).toMatchObject({ labels: { a: 'b' } });
  });

  test('an array of a billion holes is refused without a visit to each', async () => {
    const error = await caught(
      run(
        'prebuild',
        plugin('p', (dock) => dock.hooks.prebuild.tap('p', () => ({ ...buildSpec(), platforms: new Array(1e9) }))),
      ),
    );
    expect(error).toMatchObject({ code: 'PLUGIN_FAILED', message: expect.stringContaining('larger than') });
  });
});

test('a tapAsync function that calls back and then fails has failed', async () => {
  const error = await caught(
    run(
      'prebuild',
      plugin('p', (dock) =>
        dock.hooks.prebuild.tapAsync('p', (_spec, _context, callback) => {
          callback();
          throw new Error('after all');
        }),
      ),
    ),
  );
  expect(error).toMatchObject({ code: 'PLUGIN_FAILED', message: expect.stringContaining('after all') });
});

describe('apply', () => {
  test('that is asynchronous and rejects leaves no rejection unhandled', async () => {
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', onUnhandled);
    const error = await caught(
      createHookSet([plugin('p', (async () => Promise.reject(new Error('late'))) as never)], '1.0.0'),
    );
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off('unhandledRejection', onUnhandled);
    expect(error).toMatchObject({ code: 'PLUGIN_INVALID' });
    expect(unhandled).toEqual([]);
  });

  test.each([
    ['preBuild', 'prebuild', (hooks: AnyHooks) => hooks['preBuild']!.tap('p', () => undefined)],
    ['postbuilt', 'postbuild', (hooks: AnyHooks) => hooks['postbuilt']!.tapPromise('p', async () => undefined)],
    [
      'prepublsh',
      'prepublish',
      (hooks: AnyHooks) => {
        const { prepublsh } = hooks;
        prepublsh!.tap('p', () => undefined);
      },
    ],
  ])('that taps the unknown hook "%s" is told of it and of "%s"', async (hook, near, apply) => {
    const bad = plugin('p', (dock) => apply(dock.hooks as unknown as AnyHooks));
    expect(await caught(createHookSet([bad], '1.0.0'))).toMatchObject({
      code: 'PLUGIN_INVALID',
      plugin: 'p',
      message: `Plugin "p" taps the hook "${hook}", which dock does not have.`,
      hint: expect.stringMatching(new RegExp(`^Did you mean "hooks.${near}"\\? The hooks are source, `)),
      details: { hook },
    });
  });

  test('that asks for a hook and does without it is fine', async () => {
    const careful = plugin('p', ({ hooks }) => {
      (hooks as unknown as AnyHooks)['later']?.tap('p', () => undefined);
      hooks.build.tap('p', () => undefined);
    });
    expect((await createHookSet([careful], '1.0.0')).count('build')).toBe(1);
  });

  test('that fails for want of a hook in its own words keeps them', async () => {
    const bad = plugin('p', ({ hooks }) => {
      if ((hooks as unknown as AnyHooks)['later'] === undefined) throw new Error('this dock is too old');
    });
    const message = expect.stringContaining('this dock is too old');
    expect(await caught(createHookSet([bad], '1.0.0'))).toMatchObject({ code: 'PLUGIN_INVALID', message });
  });

  test('keeps the hint of an error of dock', async () => {
    const error = await caught(
      createHookSet(
        [plugin('p', (dock) => dock.hooks.push.tap('p', () => undefined, { stage: 'soon' } as never))],
        '1.0.0',
      ),
    );
    expect(error).toMatchObject({ plugin: 'p', hook: 'push', hint: expect.stringContaining('announce') });
  });

  test.each([0, -1, Number.NaN, '5', null])('with timeoutMs %p is PLUGIN_INVALID', async (timeoutMs) => {
    const bad = plugin('p', (dock) => dock.hooks.push.tap('p', () => undefined, { timeoutMs } as never));
    expect(await caught(createHookSet([bad], '1.0.0'))).toMatchObject({ code: 'PLUGIN_INVALID' });
  });
});

test('a failure names the file and line of the plugin that threw, and keeps the stack', async () => {
  const broken = () => {
    throw new TypeError('boom');
  };
  const error = await caught(
    run(
      'prebuild',
      quiet,
      plugin('broken', (dock) => dock.hooks.prebuild.tap('broken', broken)),
    ),
  );
  expect(error).toMatchObject({
    hint: expect.stringMatching(
      /^It was thrown at ".*\/guard\.test\.ts:\d+:\d+"\. It is a fault of the plugin\. The log has the stack\.$/,
    ),
    details: {
      place: expect.stringMatching(/\/core\/test\/hooks\/guard\.test\.ts:\d+:\d+$/),
      stack: expect.arrayContaining([expect.stringContaining('guard.test.ts')]),
    },
  });
});
