import { DockError, type EnginePort } from '@dock/core';

/** An engine port of which a test gives only what its plugin uses; every other call says so. */
export function partialEngine(given: Partial<EnginePort>): EnginePort {
  return new Proxy(given, {
    get(target, name, receiver) {
      const member: unknown = Reflect.get(target, name, receiver);
      if (member !== undefined || typeof name === 'symbol') return member;
      if (name === 'endpoint') return { url: 'unix:///dev/null', origin: 'runPlugin()' };
      // A port that looked like a promise would be awaited.
      if (name === 'then') return undefined;
      return async () => {
        throw new DockError('INVALID_OPTION', `The plugin called engine.${name}(), which this test did not give.`, {
          hint: `Pass { engine: { ${name}: async () => … } } to runPlugin().`,
        });
      };
    },
  }) as EnginePort;
}
