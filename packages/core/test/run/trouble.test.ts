import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { DockError } from '../../src/errors/dock-error.js';
import { builtImage } from '../hooks/fixtures.js';
import { plugin, pretendPush, tryRun } from './pipeline-fixture.js';

const hang = () => new Promise(() => undefined);
const after = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a disk that is full or a directory that is not writable', () => {
  test('ends the log with one warning, and not the run', async () => {
    const { result, written, events } = await tryRun([], {
      prepare: (directory) => {
        mkdirSync(directory, { recursive: true });
        symlinkSync('/dev/full', join(directory, 'events.ndjson'));
      },
    });
    expect(result).toMatchObject({ status: 'ok', warnings: [{ code: 'DISK_FULL' }] });
    expect(written).toEqual(result);
    expect(events.filter(({ type }) => type === 'warning')).toHaveLength(1);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  });

  test('for log and result is two warnings, after run.start and before run.end', async () => {
    const { result, events } = await tryRun([], { prepare: (directory) => writeFileSync(dirname(directory), '') });
    expect(result.status).toBe('ok');
    expect(result.logFile).toBeUndefined();
    expect(result.warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining('could not be opened'),
      expect.stringContaining('The result could not be written'),
    ]);
    expect([events[0]?.type, events[1]?.type, events.at(-2)?.type, events.at(-1)?.type]).toEqual([
      'run.start',
      'warning',
      'warning',
      'run.end',
    ]);
  });
});

describe('cleanup', () => {
  test('after a cancellation shares its time, so that the run ends within 10 s of the signal and every undo is begun', async () => {
    const controller = new AbortController();
    const begun: string[] = [];
    let signalledAt = 0;
    const { result } = await tryRun(
      [
        plugin('slow', (dock) => {
          dock.hooks.prebuild.tap('slow', async (_, context) => {
            for (const name of ['a', 'b', 'c'])
              context.onCleanup(name, () => {
                begun.push(name);
                return hang();
              });
            signalledAt = performance.now();
            controller.abort('SIGTERM');
            await hang();
          });
          dock.hooks.cleanup.tap('slow', () => {
            begun.push('tap');
            return hang() as Promise<undefined>;
          });
        }),
      ],
      { context: { signal: controller.signal } },
    );
    expect(performance.now() - signalledAt).toBeLessThan(10_000);
    expect(begun).toEqual(['tap', 'c', 'b', 'a']);
    expect(result).toMatchObject({ status: 'cancelled', exitStatus: 143 });
    expect(result.warnings.map(({ code, plugin: name }) => `${code} ${name}`)).toEqual([
      'PLUGIN_TIMEOUT slow',
      'TIMEOUT slow',
      'TIMEOUT slow',
      'TIMEOUT slow',
    ]);
  }, 20_000);

  test('is cut short by a second signal, and says what was not undone', async () => {
    const first = new AbortController();
    const second = new AbortController();
    let forcedAt = 0;
    const { result } = await tryRun(
      [
        plugin('slow', (dock) =>
          dock.hooks.prebuild.tap('slow', (_, context) => {
            for (const name of ['a', 'b']) context.onCleanup(name, hang);
            first.abort('SIGINT');
            setTimeout(() => {
              forcedAt = performance.now();
              second.abort('SIGINT');
            }, 100);
          }),
        ),
      ],
      { context: { signal: first.signal, forceSignal: second.signal } },
    );
    expect(performance.now() - forcedAt).toBeLessThan(3_000);
    expect(result.warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining('"slow: b"'),
      expect.stringContaining('"slow: a"'),
    ]);
  });

  test('has no engine after a run that never had one, and says so', async () => {
    const { result } = await tryRun(
      [
        plugin('p', (dock) =>
          dock.hooks.cleanup.tap('p', async (_, context) => {
            await context.engine.removeImage('x');
          }),
        ),
      ],
      { connect: () => Promise.reject(new DockError('DAEMON_UNREACHABLE', 'nobody there')) },
    );
    expect(result.warnings).toEqual([expect.objectContaining({ code: 'DAEMON_UNREACHABLE', plugin: 'p' })]);
  });

  test('undoes at once what a tap that was given up registers later', async () => {
    let undone = false;
    let late: Promise<unknown> = Promise.resolve();
    const { result, events } = await tryRun([
      plugin('slow', (dock) =>
        dock.hooks.prebuild.tap(
          'slow',
          (_, context) => {
            late = after(5_000).then(() => {
              context.onCleanup('late', () => {
                undone = true;
              });
              context.logger.info('still here');
              context.warn('still here');
            });
            return hang() as Promise<undefined>;
          },
          { timeoutMs: 20 },
        ),
      ),
    ]);
    const count = events.length;
    await late;
    await after(0);
    expect(result.error).toMatchObject({ code: 'PLUGIN_TIMEOUT', details: { stillRunning: true } });
    expect(undone).toBe(true);
    expect(events).toHaveLength(count);
    expect(events.at(-1)?.type).toBe('run.end');
  }, 20_000);
});

describe('what hangs outside a tap', () => {
  test('an engine that never connects is given up, and closed when it comes after all', async () => {
    let isClosed = false;
    let connected: (engine: never) => void = () => undefined;
    const { result } = await tryRun([], {
      connect: () =>
        new Promise((resolve) => {
          connected = resolve;
        }),
      request: { timeouts: { runMs: 50 } },
    });
    connected({ close: async () => void (isClosed = true), describe: hang } as never);
    await after(10);
    expect(result).toMatchObject({ exitStatus: 124, error: { code: 'TIMEOUT', phase: 'endpoint' } });
    expect(isClosed).toBe(true);
  }, 20_000);

  test('an engine that says "aborted" after a cancellation does not hide it', async () => {
    const controller = new AbortController();
    const { result } = await tryRun([], {
      context: { signal: controller.signal },
      engine: {
        tagImage: async () => {
          controller.abort('SIGTERM');
          throw new Error('socket hang up');
        },
      },
    });
    expect(result).toMatchObject({
      status: 'cancelled',
      exitStatus: 143,
      error: { code: 'CANCELLED', phase: 'postbuild', attached: [{ message: expect.stringContaining('hang up') }] },
    });
  });

  test('a limit of more days than a timer can hold is not over at once', async () => {
    const limits = { runMs: 2 ** 32, phaseMs: 2 ** 32, pluginMs: 2 ** 32, sourceMs: 2 ** 32 };
    expect((await tryRun([], { request: { timeouts: limits } })).result.status).toBe('ok');
  });

  test('a limit that is no number is refused', async () => {
    const { result } = await tryRun([], { request: { timeouts: { runMs: Number.NaN } } });
    expect(result.error).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringContaining('timeouts.runMs') });
  });
});

describe('what a plugin cannot do', () => {
  test('change the environment or the request that the run was given', async () => {
    const env = { A: 'b' };
    const labels = { a: 'b' };
    const { result } = await tryRun(
      [
        plugin('p', (dock) =>
          dock.hooks.prebuild.tap('p', (spec, context) => {
            for (const target of [context.env, spec.labels]) Reflect.set(target, 'A', 'changed');
          }),
        ),
      ],
      { context: { env }, request: { labels } },
    );
    expect(result.status).toBe('ok');
    expect([env, labels]).toEqual([{ A: 'b' }, { a: 'b' }]);
  });

  test('emit what only the run says, or what is no event; an event that warns is in the result', async () => {
    const { result, events } = await tryRun([
      plugin('p', (dock) =>
        dock.hooks.prebuild.tap('p', (_, context) => {
          const emit = (event: unknown) => context.emit(event as never);
          for (const event of [{ type: 'run.end' }, null, 1n, { type: 'step.log', step: '1' }]) emit(event);
          emit({ type: 'warning', message: 'careful', plugin: 'somebody else' });
        }),
      ),
    ]);
    expect(events.filter(({ type }) => type === 'run.end')).toHaveLength(1);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(result.warnings).toEqual([
      expect.objectContaining({ plugin: 'p', message: expect.stringContaining('run.end') }),
      { message: 'careful', plugin: 'p', hook: 'prebuild' },
    ]);
  });

  test('fill the result with warnings', async () => {
    const { result } = await tryRun([
      plugin('p', (dock) =>
        dock.hooks.prebuild.tap('p', (_, context) => {
          for (let index = 0; index < 1500; index++) context.warn('w'.repeat(20_000));
        }),
      ),
    ]);
    expect(result.warnings).toHaveLength(1001);
    expect(result.warnings.at(-1)?.message).toContain('500 more');
    expect(JSON.stringify(result).length).toBeLessThan(18_000_000);
  });

  test('report as published what is no published image', async () => {
    const { result } = await tryRun([
      plugin('p', (dock) => dock.hooks.push.tap('p', (_, __, ___, context) => context.reportPublished({} as never)), {
        publishes: true,
      }),
    ]);
    expect(result).toMatchObject({
      exitStatus: 5,
      error: { code: 'PLUGIN_FAILED', plugin: 'p' },
      publishedState: 'none',
    });
  });

  test('throw what breaks the run: an object without a prototype, or a status of success', async () => {
    for (const thrown of [Object.create(null), Object.assign(new DockError('GATE_FAILED', 'no'), { exitStatus: 0 })]) {
      const { result } = await tryRun([
        plugin('p', (dock) => dock.hooks.prebuild.tap('p', () => Promise.reject(thrown))),
      ]);
      expect(result.status).toBe('failed');
      expect(result.exitStatus).toBeGreaterThan(0);
    }
  });
});

describe('publishing', () => {
  const fail = (stage: 'attest') =>
    plugin('late', (dock) =>
      dock.hooks.push.tap(
        'late',
        () => {
          throw new Error('no');
        },
        { stage },
      ),
    );

  test('keeps what one tap published when a later one fails, also when nobody reported it', async () => {
    const { result } = await tryRun([pretendPush(), fail('attest')]);
    expect(result).toMatchObject({
      status: 'failed',
      publishedState: 'complete',
      published: [{ digest: expect.any(String) }],
    });
  });

  test('lists what is out and was not attested, where somebody attests', async () => {
    const attest = plugin('sign', (dock) => dock.hooks.push.tap('sign', () => undefined, { stage: 'attest' }));
    const lenient = { ...fail('attest'), optional: true };
    const fails = plugin(
      'p',
      (dock) =>
        dock.hooks.push.tap('p', () => {
          throw new Error('no');
        }),
      {},
    );
    const unattested = async (...plugins: Parameters<typeof tryRun>[0]) => {
      const { result } = await tryRun(plugins);
      return [result.status, result.published.length, result.unattested];
    };
    const [first] = (await tryRun([pretendPush()])).result.published;
    const name = first?.name;
    expect(await unattested(pretendPush())).toEqual(['ok', 1, undefined]);
    expect(await unattested(pretendPush(), attest)).toEqual(['ok', 1, undefined]);
    expect(await unattested(pretendPush(), attest, fail('attest'))).toEqual(['failed', 1, [name]]);
    expect(await unattested(pretendPush(), attest, lenient)).toEqual(['ok', 1, [name]]);
    expect(await unattested(pretendPush(), fails, attest)).toEqual(['failed', 1, [name]]);
  });

  test('never claims that nothing is out where nobody knows', async () => {
    const unpublished = (isUncertain: object) =>
      plugin(
        'p',
        (dock) =>
          dock.hooks.push.tap('p', (_, [reference], __, context) => {
            if (reference === undefined) return;
            const error = { code: 'DAEMON_LOST', message: 'gone', hint: '', retryable: true };
            context.reportUnpublished({ reference, name: 'a', registry: 'a', attempts: 1, error, ...isUncertain });
          }),
        { publishes: true },
      );
    expect((await tryRun([unpublished({ isUncertain: true })])).result).toMatchObject({ publishedState: 'partial' });
    expect((await tryRun([unpublished({})])).result).toMatchObject({ publishedState: 'none' });
    const force = new AbortController();
    const hanging = plugin(
      'p',
      (dock) =>
        dock.hooks.push.tap('p', () => {
          force.abort('SIGINT');
          return new Promise<undefined>(() => undefined);
        }),
      { publishes: true },
    );
    const { result } = await tryRun([hanging], { context: { forceSignal: force.signal } });
    expect(result).toMatchObject({ status: 'cancelled', publishedState: 'partial', published: [] });
  });

  test('fails with the reason of a reference that was reported as not published', async () => {
    const reporter = plugin(
      'p',
      (dock) =>
        dock.hooks.push.tap('p', (_, references, __, context) => {
          const [reference] = references;
          if (reference === undefined) return;
          const error = { code: 'AUTH_FAILED', message: 'denied', hint: 'h', retryable: false };
          context.reportUnpublished({ reference, name: 'hello:1', registry: 'docker.io', attempts: 1, error });
        }),
      { publishes: true },
    );
    const { result } = await tryRun([reporter]);
    expect(result).toMatchObject({
      exitStatus: 4,
      error: { code: 'AUTH_FAILED', message: expect.stringContaining('denied') },
    });
  });

  test('tries every name before it fails, so that none is given after the run', async () => {
    const { result } = await tryRun([], {
      request: { tags: ['a:1', 'a:2', 'a:3'] },
      engine: {
        build: async () => builtImage(),
        tagImage: async (_, { tag }) => {
          if (tag === '1') throw new DockError('DAEMON_ERROR', 'first');
          await after(20);
          if (tag === '2') throw new DockError('DAEMON_ERROR', 'second');
        },
      },
    });
    expect(result).toMatchObject({
      names: ['docker.io/library/a:3'],
      error: { code: 'DAEMON_ERROR', message: 'first', attached: [{ message: 'second' }] },
    });
  });
});

test('a listener that rejects is told once and not called again', async () => {
  let calls = 0;
  const { result } = await tryRun([], {
    context: {
      onEvent: (async () => {
        calls += 1;
        throw new Error('broken pipe');
      }) as never,
    },
  });
  expect(result).toMatchObject({ status: 'ok', warnings: [{ message: expect.stringContaining('broken pipe') }] });
  expect(calls).toBeGreaterThan(0);
});

test('the credentials of a git URL are in no event and no result, whatever is in them', async () => {
  const { result, events } = await tryRun([], {
    request: { source: { kind: 'git', url: 'https://bob:p@ss-word@127.0.0.1:1/x.git' } },
    connect: () => Promise.reject(new DockError('DAEMON_UNREACHABLE', 'nobody there')),
  });
  expect(JSON.stringify([result, events])).not.toContain('ss-word');
  expect(events[0]).toMatchObject({ source: 'https://xxxxx:xxxxx@127.0.0.1:1/x.git' });
});

test('what a git URL has under an unknown key of its query is masked from the first event on', async () => {
  const { result, events, written, log } = await tryRun(
    [
      plugin('strange', (dock) => {
        dock.hooks.source.tap('strange', (request, context) => {
          context.logger.info(`asked for ${request.kind === 'git' ? request.url : ''}`);
          throw new Error('remote: the token t0ken/of+me is of no use');
        });
      }),
    ],
    { request: { source: { kind: 'git', url: 'https://h.example/a.git?private_token=t0ken%2Fof%2Bme&x=1#main' } } },
  );
  expect(result.error?.message).toContain('the token *** is of no use');
  const all = JSON.stringify([result, events, written, log]);
  expect(all).not.toContain('t0ken');
  expect(events[0]).toMatchObject({ source: 'https://h.example/a.git?private_token=xxxxx&x=xxxxx#main' });
});
