import { describe, expect, test } from '@jest/globals';
import { DockError } from '../../src/errors/dock-error.js';
import { plugin, pretendPush, refusal, tryRun } from './pipeline-fixture.js';

describe('a run that works', () => {
  test('builds, names the image by its ID, publishes nothing unless asked, and writes what it says', async () => {
    const { result, written, log, events, calls } = await tryRun([]);
    expect(result).toMatchObject({
      status: 'ok',
      exitStatus: 0,
      publishedState: 'none',
      names: ['docker.io/library/hello:1'],
      published: [],
      unpublished: [],
    });
    expect(calls).toEqual(['build', 'tag docker.io/library/hello:1', 'close']);
    expect(written).toEqual(result);
    expect(log).toEqual(events);
    expect(result.phases.map(({ phase }) => phase)).toEqual([
      'config',
      'endpoint',
      'source',
      'prebuild',
      'build',
      'prepublish',
      'postbuild',
      'cleanup',
    ]);
  });

  test('numbers its events from 1 without gaps, from run.start to run.end', async () => {
    const { events } = await tryRun([pretendPush()]);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events[0]?.type).toBe('run.start');
    expect(events.at(-1)).toMatchObject({ type: 'run.end', status: 'ok', exitStatus: 0 });
  });

  test('publishes when a plugin publishes, and not when publishing is forbidden', async () => {
    expect((await tryRun([pretendPush()])).result).toMatchObject({
      publishedState: 'complete',
      published: [{ name: 'docker.io/library/hello:1' }],
    });
    const forbidden = await tryRun([pretendPush()], { request: { publish: false } });
    expect(forbidden.result).toMatchObject({ status: 'ok', publishedState: 'none', published: [] });
    expect(forbidden.result.phases.map(({ phase }) => phase)).not.toContain('push');
  });

  test('with target registries publishes each tag under each, and keeps the tags themselves local', async () => {
    const { result, calls } = await tryRun([pretendPush()], {
      request: { tags: ['team/hello:1'], targetRegistries: ['127.0.0.1:5000', 'r.example.com/mirror'] },
    });
    expect(result.published.map(({ name }) => name)).toEqual([
      '127.0.0.1:5000/team/hello:1',
      'r.example.com/mirror/team/hello:1',
    ]);
    expect(calls).toEqual(['build', 'tag docker.io/team/hello:1', 'close']);
  });

  test('puts what plugins report beside their timing', async () => {
    const { result } = await tryRun([
      plugin('size', (dock) => dock.hooks.postbuild.tap('size', (_, __, context) => context.report({ bytes: 3 }))),
    ]);
    expect(result.plugins.find((timing) => timing.plugin === 'size')).toMatchObject({
      hook: 'postbuild',
      status: 'ok',
      value: { bytes: 3 },
    });
  });
});

describe('a run that fails', () => {
  test('a gate that vetoes ends the run with its error: nothing is named or published, cleanup runs', async () => {
    let cleaned: unknown;
    const { result, calls } = await tryRun([
      plugin('gate', (dock) => {
        dock.hooks.prepublish.tap('gate', () => {
          throw refusal();
        });
        dock.hooks.cleanup.tap('gate', (outcome) => {
          cleaned = outcome;
        });
      }),
      pretendPush(),
    ]);
    expect(result).toMatchObject({
      status: 'failed',
      exitStatus: 1,
      publishedState: 'none',
      names: [],
      error: { code: 'GATE_FAILED', phase: 'prepublish', plugin: 'gate', hook: 'prepublish' },
    });
    expect(result.image).toBeDefined();
    expect(calls).toEqual(['build', 'close']);
    expect(cleaned).toMatchObject({ status: 'failed', exitStatus: 1 });
  });

  test('the first error wins, and the cleanup that fails too is a warning', async () => {
    const { result } = await tryRun([
      plugin('bad', (dock) => {
        dock.hooks.prebuild.tap('bad', () => {
          throw new Error('first');
        });
        dock.hooks.cleanup.tap('bad', () => {
          throw new Error('second');
        });
      }),
      plugin('good', (dock) => dock.hooks.cleanup.tap('good', (_, context) => context.report('cleaned'))),
    ]);
    expect(result.error).toMatchObject({ code: 'PLUGIN_FAILED', message: expect.stringContaining('first') });
    expect(result.warnings).toEqual([
      expect.objectContaining({ message: expect.stringContaining('second'), plugin: 'bad', hook: 'cleanup' }),
    ]);
    expect(result.plugins.find((timing) => timing.plugin === 'good')).toMatchObject({ value: 'cleaned' });
  });

  test('an optional plugin that fails is a warning, never silence', async () => {
    const { result } = await tryRun([
      plugin(
        'extra',
        (dock) =>
          dock.hooks.prebuild.tap('extra', () => {
            throw new Error('no', { cause: new Error('the disk is slow') });
          }),
        { optional: true },
      ),
    ]);
    expect(result).toMatchObject({
      status: 'ok',
      warnings: [{ plugin: 'extra', hook: 'prebuild', code: 'PLUGIN_FAILED', cause: ['no', 'the disk is slow'] }],
    });
  });

  test('a failure to announce is a warning: the image is out', async () => {
    const { result } = await tryRun([
      pretendPush(),
      plugin('chat', (dock) =>
        dock.hooks.push.tap(
          'chat',
          () => {
            throw new Error('offline');
          },
          { stage: 'announce' },
        ),
      ),
    ]);
    expect(result).toMatchObject({ status: 'ok', publishedState: 'complete', warnings: [{ plugin: 'chat' }] });
  });

  test('a push hook that leaves a reference without an outcome is not a success', async () => {
    const { result } = await tryRun([pretendPush((image) => (image.name.endsWith(':1') ? image : undefined))], {
      request: { tags: ['a:1', 'a:2'] },
    });
    expect(result).toMatchObject({
      status: 'failed',
      exitStatus: 5,
      publishedState: 'partial',
      error: { code: 'PLUGIN_FAILED', phase: 'push', message: expect.stringContaining('a:2') },
    });
  });

  test('keep their true names, also when a part of one is somebody’s password', async () => {
    const secret = plugin('secret', (dock) =>
      dock.hooks.prebuild.tap('secret', (spec, context) => {
        context.addSecret('hello');
        return {
          ...spec,
          references: [...spec.references, { registry: 'r.example.com', repository: 'hello/app', tag: '2' }],
        };
      }),
    );
    const { result, written, events } = await tryRun([secret, pretendPush()]);
    const names = ['docker.io/library/hello:1', 'r.example.com/hello/app:2'];
    for (const { published, names: local } of [result, written]) {
      expect(published?.map(({ name }) => name)).toEqual(names);
      expect(local).toEqual(names);
    }
    expect(JSON.stringify(events.filter(({ type }) => type === 'log'))).not.toContain('hello');
  });

  test('are told in the order of the names, whoever is out first', async () => {
    const tags = ['hello:1.2.3', 'hello:1.2', 'hello:1', 'hello:latest'];
    const backwards = plugin(
      'push',
      (dock) => {
        dock.hooks.push.tap('push', (published, references, _image, context) => {
          const images = [...references].reverse().map((reference) => ({
            reference,
            name: `docker.io/${reference.repository}:${reference.tag}`,
            registry: reference.registry,
            digest: `sha256:${'b'.repeat(64)}`,
            attempts: 1,
            confirmedBy: 'direct' as const,
            isVerified: true,
            durationMs: 1,
          }));
          for (const image of images) context.reportPublished(image);
          return [...published, ...images];
        });
      },
      { publishes: true },
    );
    const { result, written } = await tryRun([backwards], { request: { tags } });
    for (const { published } of [result, written])
      expect(published?.map(({ name }) => name)).toEqual(tags.map((tag) => `docker.io/library/${tag}`));
  });

  test('what was published before a failing push tap stays in the result', async () => {
    const late = plugin('late', (dock) =>
      dock.hooks.push.tap(
        'late',
        (published, _, __, context) => {
          for (const image of published) context.reportPublished(image);
          throw new DockError('REGISTRY_ERROR', 'no more');
        },
        { stage: 'promote' },
      ),
    );
    const { result } = await tryRun([pretendPush(), late]);
    expect(result).toMatchObject({
      status: 'failed',
      exitStatus: 3,
      published: [{ name: 'docker.io/library/hello:1' }],
      publishedState: 'complete',
    });
  });

  test('no engine: exit status 3, and the source is not even looked at', async () => {
    const { result } = await tryRun([], {
      connect: async () => {
        throw new DockError('DAEMON_UNREACHABLE', 'No engine at "unix:///x" (from --host).');
      },
    });
    expect(result).toMatchObject({
      status: 'failed',
      exitStatus: 3,
      error: { code: 'DAEMON_UNREACHABLE', phase: 'endpoint' },
    });
    expect(result.source).toBeUndefined();
  });

  test.each([
    ['a name that breaks the grammar', { tags: ['Foo/bar:tag!'] }, 'INVALID_IMAGE_NAME'],
    ['a name with a digest', { tags: [`a@sha256:${'a'.repeat(64)}`] }, 'INVALID_IMAGE_NAME'],
    ['a target registry that is no host', { targetRegistries: ['nohost'] }, 'INVALID_IMAGE_NAME'],
    ['a platform that is none', { platforms: ['bogus'] }, 'INVALID_OPTION'],
    ['a host without an address', { addHosts: ['foo'] }, 'INVALID_OPTION'],
    ['a target registry without a name', { tags: [], targetRegistries: ['localhost:5000'] }, 'USAGE'],
  ])('%s is refused before the engine is called', async (_, request, code) => {
    let isConnected = false;
    const { result } = await tryRun([], {
      request,
      connect: async () => {
        isConnected = true;
        throw new Error('called');
      },
    });
    expect(result).toMatchObject({ exitStatus: 2, error: { code, phase: 'config' } });
    expect(isConnected).toBe(false);
  });

  test.each([
    ['not a plugin', [42], 'plugins[0]'],
    ['a factory that was not called', [() => undefined], 'Call the factory'],
    ['two of one name', [plugin('p', () => undefined), plugin('p', () => undefined)], '"p"'],
    [
      'a plugin whose needs are malformed',
      [{ name: 'p', apply: () => undefined, requires: { commands: 'git' } }],
      '"p"',
    ],
    ['a promise of a plugin', [Promise.resolve(plugin('p', () => undefined))], 'a promise'],
    ['a plugin that needs another dock', [plugin('p', () => undefined, { requires: { dock: '>=99' } })], '>=99'],
  ])('%s in plugins is PLUGIN_INVALID', async (_, plugins, text) => {
    const { result } = await tryRun(plugins as never);
    expect(result).toMatchObject({ exitStatus: 2, error: { code: 'PLUGIN_INVALID' } });
    expect(`${result.error?.message} ${result.error?.hint}`).toContain(text);
  });

  test('a plugin whose program is missing is refused before anything starts', async () => {
    const { result, calls } = await tryRun([
      plugin('signer', () => undefined, { requires: { commands: ['no-such-program'] } }),
    ]);
    expect(result).toMatchObject({
      exitStatus: 2,
      error: { code: 'COMMAND_NOT_FOUND', message: expect.stringContaining('no-such-program') },
    });
    expect(calls).toEqual([]);
  });
});

describe('cancel and limits', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('%s in a tap ends the run with status %i after cleanup', async (signal, status) => {
    const controller = new AbortController();
    let undone = false;
    const { result } = await tryRun(
      [
        plugin('slow', (dock) =>
          dock.hooks.prebuild.tap('slow', async (_, context) => {
            context.onCleanup('undo', () => {
              undone = true;
            });
            setTimeout(() => controller.abort(signal), 10);
            await new Promise((resolve) => context.signal.addEventListener('abort', resolve));
          }),
        ),
      ],
      { context: { signal: controller.signal } },
    );
    expect(result).toMatchObject({
      status: 'cancelled',
      exitStatus: status,
      error: { code: 'CANCELLED', phase: 'prebuild' },
    });
    expect(undone).toBe(true);
  });

  test('a run that is cancelled before it starts does nothing', async () => {
    const { result, calls } = await tryRun([], { context: { signal: AbortSignal.abort('SIGINT') } });
    expect(result).toMatchObject({ status: 'cancelled', exitStatus: 130 });
    expect(calls).toEqual([]);
  });

  test('a run over its limit is TIMEOUT, naming the limit', async () => {
    const hang = plugin('hang', (dock) =>
      dock.hooks.prebuild.tap(
        'hang',
        async (_, context) =>
          new Promise((_resolve, reject) =>
            context.signal.addEventListener('abort', () => reject(new Error('stopped'))),
          ),
      ),
    );
    const { result } = await tryRun([hang], { request: { timeouts: { runMs: 200 } } });
    expect(result).toMatchObject({
      status: 'failed',
      exitStatus: 124,
      error: { code: 'TIMEOUT', message: expect.stringContaining('200 ms') },
    });
    const phase = await tryRun([hang], { request: { timeouts: { phaseMs: 2000 } } });
    expect(phase.result).toMatchObject({
      exitStatus: 124,
      error: { code: 'TIMEOUT', message: expect.stringContaining('prebuild') },
    });
  });

  test('a listener that throws does not break the run', async () => {
    const { result } = await tryRun([], {
      context: {
        onEvent: () => {
          throw new Error('broken pipe');
        },
      },
    });
    expect(result).toMatchObject({
      status: 'ok',
      warnings: [{ message: expect.stringContaining('broken pipe') }],
    });
  });
});

test('a secret that a plugin registers is in no event, result, log or warning', async () => {
  const secret = 'hunter2-hunter2';
  const { result, events, written, log } = await tryRun([
    plugin('leaky', (dock) => {
      dock.hooks.prebuild.tap('leaky', (spec, context) => {
        context.addSecret(secret);
        context.logger.info(`the password is ${secret}`);
        context.warn(`careful: ${Buffer.from(secret).toString('base64')}`);
        context.report({ [secret]: encodeURIComponent(secret) });
        context.emit({ type: 'step.log', step: '1', stream: 'stdout', text: secret.slice(0, 5) });
        context.emit({ type: 'step.log', step: '1', stream: 'stdout', text: `${secret.slice(5)}\n` });
        return { ...spec, labels: { token: secret } };
      });
      dock.hooks.build.tap('leaky', () => {
        throw new Error(`failed with ${secret}`, { cause: new Error(secret) });
      });
    }),
  ]);
  const everything = JSON.stringify([result, events, written, log]);
  expect(everything).not.toContain(secret);
  expect(everything).not.toContain(Buffer.from(secret).toString('base64').replaceAll('=', ''));
  expect(everything).toContain('***');
  expect(result.error?.code).toBe('PLUGIN_FAILED');
});
