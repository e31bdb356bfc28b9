import type { BuildSpec, SpecOptions } from '@dock/core';
import { isTypedCache } from '@dock/core/internal';

/** What a builder does with an option: honours it, from an API version on, or not at all. Measured, not read. */
export type OptionSupport =
  | {
      readonly isHonoured: true /** From this API version on; `why` holds before. */;
      readonly sinceApi?: string;
      readonly why?: string;
    }
  | { readonly isHonoured: false; readonly why: string };

/** What each builder does with an option, or with some of its values. */
export interface SupportRow<Value> {
  /** The values that the row is about, where it is not about all. */
  readonly values?: string;
  readonly isAsked: (value: Value) => boolean;
  readonly classic: OptionSupport;
  readonly buildkit: OptionSupport;
}

/** One option behind the engine's API. */
interface BuilderOption<Value> {
  readonly support: readonly SupportRow<Value>[];
  /** What `POST /build` is told, in its own words. */
  readonly attributes: (value: Value) => Readonly<Record<string, unknown>>;
}

type BuilderOptions = { readonly [Key in keyof SpecOptions]-?: BuilderOption<NonNullable<BuildSpec[Key]>> };

const honoured: OptionSupport = { isHonoured: true };
const refused = (why: string): OptionSupport => ({ isHonoured: false, why });
const everywhere = { classic: honoured, buildkit: honoured };
const nothing = () => ({});
const hasAny = (value: object): boolean => Object.keys(value).length > 0;
const isOn = (value: boolean): boolean => value;
const isAsked = (): boolean => true;
const onePlatform = refused("one build through the engine's API makes one platform");
const imagesOnly = refused("a build through the engine's API takes images as caches, and no attributes");
const plainNetworks = ['', 'default', 'none', 'host'];

/**
 * Which builder honours which option, on Engines 20.10 and 26.1 with the classic store and 26.1 with the containerd store, as `options.rig.test.ts` and
 * `options-more.rig.test.ts` prove, and how the engine is told. What is not honoured would be dropped without a word, so it is refused before anything
 * is sent.
 */
export const builderOptions: BuilderOptions = {
  buildArgs: {
    support: [{ isAsked: hasAny, ...everywhere }],
    attributes: (args) => (hasAny(args) ? { buildargs: JSON.stringify(args) } : {}),
  },
  labels: {
    support: [{ isAsked: hasAny, ...everywhere }],
    attributes: (labels) => (hasAny(labels) ? { labels: JSON.stringify(labels) } : {}),
  },
  target: { support: [{ isAsked, ...everywhere }], attributes: (target) => ({ target }) },
  platforms: {
    support: [
      { values: 'one', isAsked: ({ length }) => length === 1, ...everywhere },
      { values: 'several', isAsked: ({ length }) => length > 1, classic: onePlatform, buildkit: onePlatform },
    ],
    attributes: ([platform]) => (platform === undefined ? {} : { platform }),
  },
  // It is chosen before.
  builder: { support: [], attributes: nothing },
  noCache: { support: [{ isAsked: isOn, ...everywhere }], attributes: (is) => (is ? { nocache: true } : {}) },
  // What is not there is refused before a build that must pull nothing.
  pull: {
    support: [{ isAsked: (choice) => choice !== false, ...everywhere }],
    attributes: (choice) => (choice === true ? { pull: '1' } : {}),
  },
  network: {
    support: [
      {
        values: '`default`, `none`, `host`',
        isAsked: (network) => plainNetworks.includes(network),
        ...everywhere,
      },
      {
        values: 'a name',
        isAsked: (network) => !plainNetworks.includes(network),
        classic: honoured,
        buildkit: refused('BuildKit knows the networks "default", "none" and "host" only'),
      },
    ],
    attributes: (network) => (network === '' ? {} : { networkmode: network }),
  },
  addHosts: {
    support: [{ isAsked: hasAny, ...everywhere }],
    attributes: (hosts) => (hasAny(hosts) ? { extrahosts: hosts } : {}),
  },
  shmSize: {
    support: [
      {
        isAsked: (bytes) => bytes > 0,
        classic: honoured,
        buildkit: {
          isHonoured: true,
          sinceApi: '1.45',
          why: 'the BuildKit of this engine ignores the size of /dev/shm',
        },
      },
    ],
    attributes: (bytes) => ({ shmsize: bytes }),
  },
  ulimits: {
    support: [
      {
        isAsked: hasAny,
        classic: honoured,
        buildkit: { isHonoured: true, sinceApi: '1.45', why: 'the BuildKit of this engine ignores resource limits' },
      },
    ],
    attributes: (limits) =>
      hasAny(limits)
        ? { ulimits: JSON.stringify(limits.map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard }))) }
        : {},
  },
  memory: {
    support: [
      {
        isAsked: (bytes) => bytes > 0,
        classic: honoured,
        buildkit: refused('BuildKit knows no memory limit for a build'),
      },
    ],
    attributes: (memory) => ({ memory }),
  },
  cacheFrom: {
    support: [
      { values: 'images', isAsked: (entries) => entries.some((entry) => !isTypedCache(entry)), ...everywhere },
      {
        values: 'other caches, by `type=`',
        isAsked: (entries) => entries.some(isTypedCache),
        classic: imagesOnly,
        buildkit: imagesOnly,
      },
    ],
    attributes: (images) => (hasAny(images) ? { cachefrom: JSON.stringify(images) } : {}),
  },
  // It is kept here, before anything is sent.
  maxContextBytes: { support: [], attributes: nothing },
  // The session has the values.
  secrets: {
    support: [{ isAsked: hasAny, classic: refused('the classic builder knows no secrets'), buildkit: honoured }],
    attributes: nothing,
  },
  ssh: {
    support: [{ isAsked: hasAny, classic: refused('the classic builder forwards no ssh agent'), buildkit: honoured }],
    attributes: nothing,
  },
  // Whom the session serves.
  trustFrontend: { support: [], attributes: nothing },
};
