import { describe, expect, test } from '@jest/globals';
import { DockError, type DockPlugin, engineImage } from '@dock/core';
import { buildSpec, builtImage, checkout, runPlugin } from '../src/index.js';

const plugin = (apply: DockPlugin['apply'], rest: Partial<DockPlugin> = {}): DockPlugin => ({
  name: 'mine',
  apply,
  ...rest,
});

describe('runPlugin', () => {
  test('gives the value that the plugin returned, and keeps its warnings, reports, events and secrets', async () => {
    const outcome = await runPlugin(
      plugin((dock) =>
        dock.hooks.prebuild.tap('label', (spec, context) => {
          context.warn('careful', { hint: 'look' });
          context.report({ commit: context.checkout.git?.commit ?? '' });
          context.logger.info('hello');
          context.addSecret('s3cret');
          context.emit({ type: 'step.start', step: '1', name: 'mine' });
          return { ...spec, labels: { from: context.env['WHO'] ?? '' } };
        }),
      ),
      { hook: 'prebuild', value: buildSpec(), context: { env: { WHO: 'me' }, checkout: checkout({ kind: 'path' }) } },
    );
    expect(outcome.error).toBeUndefined();
    expect(outcome.value?.labels).toEqual({ from: 'me' });
    expect(outcome.warnings).toEqual([{ message: 'careful', hint: 'look', plugin: 'mine', hook: 'prebuild' }]);
    expect(outcome.reports).toEqual([{ commit: '0123456789abcdef0123456789abcdef01234567' }]);
    expect(outcome.events.map((event) => event.type)).toEqual(['log', 'step.start']);
    expect(outcome.secrets).toEqual(['s3cret']);
  });

  test('refuses a report that a run would refuse', async () => {
    const report = async (value: unknown) =>
      runPlugin(
        plugin((dock) => dock.hooks.prepublish.tap('say', (_, context) => context.report(value as never))),
        { hook: 'prepublish', value: builtImage() },
      );
    expect((await report(new Map())).error).toMatchObject({ code: 'PLUGIN_FAILED' });
    expect((await report('x'.repeat(1024 * 1024))).error).toMatchObject({ code: 'PLUGIN_FAILED' });
    expect((await report({ a: undefined })).reports).toEqual([{}]);
  });

  test('keeps the value when the plugin returns nothing', async () => {
    const image = builtImage();
    const outcome = await runPlugin(
      plugin((dock) => dock.hooks.prepublish.tap('look', () => undefined)),
      { hook: 'prepublish', value: image },
    );
    expect(outcome.value).toEqual(image);
  });

  test.each([
    [
      'throws',
      (): never => {
        throw new Error('broken');
      },
      'PLUGIN_FAILED',
      'broken',
    ],
    [
      'rejects undefined',
      async (): Promise<never> => Promise.reject(undefined as unknown as Error),
      'PLUGIN_FAILED',
      'undefined',
    ],
    [
      'never settles',
      async (): Promise<undefined> => new Promise(() => undefined),
      'PLUGIN_TIMEOUT',
      'longer than 50 ms',
    ],
    ['returns null', (): never => null as never, 'PLUGIN_FAILED', 'prebuild'],
    ['returns nonsense', (): never => ({ labels: 1 }) as never, 'PLUGIN_FAILED', 'not a value of this hook'],
  ] as const)('a plugin that %s is an error that names plugin and hook', async (_, fn, code, words) => {
    const { error, value } = await runPlugin(
      plugin((dock) => dock.hooks.prebuild.tap('bad', fn)),
      { hook: 'prebuild', value: buildSpec(), timeoutMs: 50 },
    );
    expect(value).toBeUndefined();
    expect(error).toMatchObject({ code, plugin: 'mine', hook: 'prebuild' });
    expect(error?.message).toContain(words);
  });

  test('an optional plugin that fails leaves the value and a warning', async () => {
    const spec = buildSpec();
    const bad = plugin(
      (dock) =>
        dock.hooks.prebuild.tap('bad', () => {
          throw new DockError('AUTH_FAILED', 'No entry.');
        }),
      { optional: true },
    );
    const outcome = await runPlugin(bad, { hook: 'prebuild', value: spec });
    expect(outcome).toMatchObject({
      value: spec,
      warnings: [{ code: 'AUTH_FAILED', message: 'No entry.', plugin: 'mine' }],
    });
  });

  test('a plugin that cannot be applied is an error, not a throw', async () => {
    const { error } = await runPlugin(
      plugin(() => {
        throw new Error('no');
      }),
      { hook: 'prebuild', value: buildSpec() },
    );
    expect(error).toMatchObject({ code: 'PLUGIN_INVALID', plugin: 'mine' });
  });

  test('the engine answers what the test gave and names what it did not', async () => {
    const asking = plugin((dock) =>
      dock.hooks.postbuild.tap('ask', async (references, image, context) => {
        const { id } = engineImage(image, 'The test');
        context.report((await context.engine.inspectImage(id))?.id ?? 'none');
        await context.engine.imageHistory(id);
        return references;
      }),
    );
    const outcome = await runPlugin(asking, {
      hook: 'postbuild',
      value: [],
      engine: { inspectImage: async () => undefined },
    });
    expect(outcome.reports).toEqual(['none']);
    expect(outcome.error?.message).toContain('engine.imageHistory()');
  });

  test('what a test did not give is no answer to what the language asks of any object', async () => {
    const outcome = await runPlugin(
      plugin((dock) =>
        dock.hooks.prebuild.tap('look', (_, context) => {
          const { engine, registry } = context;
          context.report(JSON.parse(JSON.stringify({ engine, registry })) as never);
        }),
      ),
      { hook: 'prebuild', value: buildSpec() },
    );
    expect(outcome.error).toBeUndefined();
    expect(outcome.reports).toEqual([{ engine: {}, registry: {} }]);
  });

  test('push taps report each reference, also when they fail afterwards', async () => {
    const reference = { registry: 'reg.io', repository: 'a', tag: '1' };
    const failing = plugin((dock) =>
      dock.hooks.push.tap('push', (_published, references, _image, context) => {
        for (const each of references) {
          context.reportUnpublished({
            reference: each,
            name: 'reg.io/a:1',
            registry: 'reg.io',
            attempts: 1,
            error: { code: 'AUTH_FAILED', message: 'no', hint: '', retryable: false },
          });
        }
        throw new DockError('AUTH_FAILED', 'No.');
      }),
    );
    const outcome = await runPlugin(failing, { hook: 'push', value: [], context: { references: [reference] } });
    expect(outcome.error?.code).toBe('AUTH_FAILED');
    expect(outcome.unpublished.map((each) => each.name)).toEqual(['reg.io/a:1']);
  });

  test('undoes in reverse order after the call, whatever its outcome', async () => {
    const order: string[] = [];
    const undoing = plugin((dock) =>
      dock.hooks.source.tap('take', (request, context) => {
        context.onCleanup('first', () => order.push('first'));
        context.onCleanup('second', () => {
          throw new Error('stuck');
        });
        context.onCleanup('third', () => order.push(`third of ${request.kind} in ${context.workDir}`));
        throw new Error('no');
      }),
    );
    const outcome = await runPlugin(undoing, {
      hook: 'source',
      value: { kind: 'path', path: '/x' },
      context: { workDir: '/work' },
    });
    expect(order).toEqual(['third of path in /work', 'first']);
    expect(outcome.warnings[0]?.message).toContain('stuck');
  });

  test('an aborted call is CANCELLED even for an optional plugin', async () => {
    const slow = plugin(
      (dock) =>
        dock.hooks.build.tap(
          'slow',
          async (_, context) =>
            new Promise<undefined>((resolve) => context.signal.addEventListener('abort', () => resolve(undefined))),
        ),
      { optional: true },
    );
    const controller = new AbortController();
    setTimeout(() => controller.abort('SIGTERM'), 20);
    const { error } = await runPlugin(slow, { hook: 'build', value: buildSpec(), signal: controller.signal });
    expect(error).toMatchObject({ code: 'CANCELLED', exitStatus: 143 });
  });
});
