/** A port whose calls go to another one, which is made by the first of them. A failure is not kept. */
export function portOf<Port extends object>(connect: () => Promise<Port>): Port {
  let connected: Promise<Port> | undefined;
  const reach = () =>
    (connected ??= connect().catch((error: unknown) => {
      connected = undefined;
      throw error;
    }));
  const calls = new Map<string, (...given: unknown[]) => Promise<unknown>>();
  return new Proxy({} as Port, {
    get(_, name) {
      // A port that looked like a promise would be awaited.
      if (typeof name === 'symbol' || name === 'then') return undefined;
      let call = calls.get(name);
      if (call === undefined) {
        call = async (...given) => {
          const port = (await reach()) as Record<string, (...args: unknown[]) => unknown>;
          const member = port[name];
          if (member === undefined) throw new TypeError(`The port has no call "${name}".`);
          return member.apply(port, given);
        };
        calls.set(name, call);
      }
      return call;
    },
  });
}
