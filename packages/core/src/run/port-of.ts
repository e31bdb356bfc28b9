/** The names of a port's calls. */
type CallOf<Port> = {
  [Name in keyof Port]: Port[Name] extends (...given: never[]) => unknown ? Name : never;
}[keyof Port] &
  string;

/** Every call of a port by its name: what is no call, such as `then` or `toJSON`, is not there. */
export type CallsOf<Port> = Readonly<Record<CallOf<Port>, true>>;

/** A port whose calls go to another one, which is made by the first of them. A failure is not kept. */
export function portOf<Port extends object>(
  calls: CallsOf<Port>,
  connect: () => Promise<Port>,
): Pick<Port, CallOf<Port>> {
  let connected: Promise<Port> | undefined;
  const reach = () =>
    (connected ??= connect().catch((error: unknown) => {
      connected = undefined;
      throw error;
    }));
  const members = Object.keys(calls).map((name) => {
    const call = async (...given: unknown[]) => {
      const port = (await reach()) as Record<string, (...args: unknown[]) => unknown>;
      const member = port[name];
      if (member === undefined) throw new TypeError(`The port has no call "${name}".`);
      return member.apply(port, given);
    };
    return [name, call];
  });
  return Object.fromEntries(members) as Pick<Port, CallOf<Port>>;
}
