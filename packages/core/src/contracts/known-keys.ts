type KeysOf<Value> = Value extends unknown ? keyof Value : never;
type ItemOf<Value> = Value extends readonly (infer Item)[] ? Item : never;
type PartOf<Value, Key> = Value extends unknown ? (Key extends keyof Value ? Value[Key] : never) : never;

/** The keys that `Given` has and no form of `Wanted`, at any depth: of a promise what it brings, of a list its items; `any` has none. */
type UnknownKeys<Given, Wanted> = unknown extends Given
  ? never
  : unknown extends Wanted
    ? never
    : Given extends Promise<infer Later>
      ? UnknownKeys<Later, Wanted>
      : Given extends readonly (infer Item)[]
        ? UnknownKeys<Item, ItemOf<Wanted>>
        : Given extends (...args: never[]) => unknown
          ? never
          : Given extends object
            ? Exclude<keyof Given, KeysOf<Wanted>> | UnknownBelow<Given, Wanted>
            : never;

/** The same, of what lies under the keys that both have. A part that is of the very type needs no look. */
type UnknownBelow<Given, Wanted> = {
  [Key in keyof Given & KeysOf<Wanted>]-?: [PartOf<Wanted, Key>] extends [Given[Key]]
    ? never
    : UnknownKeys<Given[Key], PartOf<Wanted, Key>>;
}[keyof Given & KeysOf<Wanted>];

/**
 * Beside a type parameter, refuses what has a key too many: `fn: Fn & KnownKeys<ReturnType<Fn>, BuildSpec>`. The compiler sees no mistake in `{ ...spec, lables }` by
 * itself when a function returns it.
 */
export type KnownKeys<Given, Wanted> = [UnknownKeys<Given, Wanted>] extends [never]
  ? unknown
  : { readonly 'a key that is not known here': UnknownKeys<Given, Wanted> };
