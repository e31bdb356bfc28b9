import { DockError, type EnginePort, type RegistryPort } from '@dock/core';

/** What the language asks of any object: a port that looked like a promise would be awaited, and one with a JSON form of its own called for it. */
const askedByOthers: ReadonlySet<string> = new Set(['then', 'toJSON']);

/** A port of which a test gives only what its plugin uses; every other call says so. */
function partial<Port extends object>(
  key: 'engine' | 'registry',
  given: Partial<Port>,
  more: Partial<Port> = {},
): Port {
  return new Proxy(given, {
    get(target, name, receiver) {
      const member: unknown = Reflect.get(target, name, receiver) ?? Reflect.get(more, name);
      if (member !== undefined || typeof name === 'symbol' || askedByOthers.has(name)) return member;
      return async () => {
        throw new DockError('INVALID_OPTION', `The plugin called ${key}.${name}(), which this test did not give.`, {
          hint: `Pass { ${key}: { ${name}: async () => … } } to runPlugin().`,
        });
      };
    },
  }) as Port;
}

/** The engine of a test. */
export function partialEngine(given: Partial<EnginePort>): EnginePort {
  return partial<EnginePort>('engine', given, { endpoint: { url: 'unix:///dev/null', origin: 'runPlugin()' } });
}

/** The registries of a test. */
export function partialRegistry(given: Partial<RegistryPort>): RegistryPort {
  return partial<RegistryPort>('registry', given);
}
