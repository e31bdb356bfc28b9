import { describe, expect, test } from '@jest/globals';
import type { RegistryPort } from '../../src/contracts/registry-port.js';
import { plugin, tryRun } from './pipeline-fixture.js';

const asks = plugin('asker', (dock) =>
  dock.hooks.prebuild.tap('ask', async (_, context) => {
    const repository = { registry: 'r.example.com', repository: 'team/app' };
    const tags = await Promise.all([context.registry.tags(repository), context.registry.tags(repository)]);
    context.report(tags.flat());
  }),
);

describe('the registries of a run', () => {
  test('are reached once, when a tap first asks, with the engine that the run has', async () => {
    const engines: string[] = [];
    const registry = { tags: async () => ['1'] } as unknown as RegistryPort;
    const context = {
      connectRegistry: async ({ engine }: { readonly engine?: { readonly endpoint: { readonly url: string } } }) => {
        engines.push(engine?.endpoint.url ?? 'none');
        return registry;
      },
    };
    const { result } = await tryRun([asks], { context });
    expect(result.plugins.find(({ value }) => value !== undefined)?.value).toEqual(['1', '1']);
    expect(engines).toEqual(['unix:///none']);
    await tryRun([], { context });
    expect(engines).toHaveLength(1);
  });

  test('are asked for again where reaching them failed', async () => {
    let tries = 0;
    const registry = { tags: async () => ['1'] } as unknown as RegistryPort;
    const patient = plugin('patient', (dock) =>
      dock.hooks.prebuild.tap('ask', async (_, context) => {
        const repository = { registry: 'r.example.com', repository: 'team/app' };
        await context.registry.tags(repository).catch(() => undefined);
        context.report([...(await context.registry.tags(repository))]);
      }),
    );
    const connectRegistry = async () => {
      tries += 1;
      if (tries === 1) throw new Error('not yet');
      return registry;
    };
    const { result } = await tryRun([patient], { context: { connectRegistry } });
    expect(result).toMatchObject({ status: 'ok' });
    expect(tries).toBe(2);
  });

  test('have the calls of a port and nothing else, so that writing them down asks nobody', async () => {
    let asked = 0;
    const connectRegistry = async () => {
      asked += 1;
      throw new Error('nobody asked for it');
    };
    const curious = plugin('curious', (dock) =>
      dock.hooks.prebuild.tap('look', async (_, context) => {
        const { registry } = context;
        const members = registry as unknown as Record<string, unknown>;
        context.report({
          awaited: (await Promise.resolve(registry)) === registry,
          json: JSON.stringify({ registry }),
          calls: Object.keys(registry).toSorted(),
          strangers: ['then', 'toJSON', 'asymmetricMatch', 'close', 'inspect'].filter(
            (name) => members[name] !== undefined,
          ),
        });
      }),
    );
    const { result } = await tryRun([curious], { context: { connectRegistry } });
    expect(result.plugins.find(({ value }) => value !== undefined)?.value).toEqual({
      awaited: true,
      json: '{"registry":{}}',
      calls: 'blob copy manifest mount putBlob putManifest referrers resolve tags'.split(' '),
      strangers: [],
    });
    expect(result.status).toBe('ok');
    expect(asked).toBe(0);
  });

  test('that nobody gave to the run are refused in words', async () => {
    const { result } = await tryRun([asks]);
    expect(result.error).toMatchObject({ code: 'OPTION_UNSUPPORTED', plugin: 'asker', hook: 'prebuild' });
  });
});
