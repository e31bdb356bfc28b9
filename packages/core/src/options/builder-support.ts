import type { BuildSpec } from '../contracts/build-spec.js';
import { attestationsOf } from './attestation.js';
import { cacheEntries, type CacheUse } from './cache-entry.js';
import { fileOutputs, imageForm, makesImage } from './outputs.js';
import type { SpecOptions } from './spec-options.js';

/** What a builder does with an option: honours it, from a version on, or not at all. Measured, not read. */
export type OptionSupport =
  | {
      readonly isHonoured: true;
      /** From these versions on: of an engine's API, and of a BuildKit that is no engine's; `why` holds before. */
      readonly since?: { readonly api: string; readonly buildkit: string };
      readonly why?: string;
    }
  | { readonly isHonoured: false; readonly why: string };

/**
 * Who builds, as far as it decides what an option does: the classic builder, an engine's BuildKit with the classic store (`buildkit`) or the containerd store
 * (`containerd`), and a BuildKit that is no engine's (`standalone`).
 */
export const builderColumns = ['classic', 'buildkit', 'containerd', 'standalone'] as const;
export type BuilderColumn = (typeof builderColumns)[number];

type Support = Readonly<Record<BuilderColumn, OptionSupport>>;

/** What each builder does with an option, or with some of its values. */
export interface SupportRow<Value> extends Support {
  /** The values that the row is about, where it is not about all. */
  readonly values?: string;
  readonly isAsked: (value: Value) => boolean;
}

type BuilderSupport = { readonly [Key in keyof SpecOptions]-?: readonly SupportRow<NonNullable<BuildSpec[Key]>>[] };

const honoured: OptionSupport = { isHonoured: true };
const refused = (why: string): OptionSupport => ({ isHonoured: false, why });
const everywhere: Support = { classic: honoured, buildkit: honoured, containerd: honoured, standalone: honoured };
const inBuildkit = (support: OptionSupport) => ({ buildkit: support, containerd: support, standalone: support });
const notInClassic = (why: string): Support => ({ ...everywhere, classic: refused(why) });
const noClassicStore = (why: string): Support => ({ ...everywhere, classic: refused(why), buildkit: refused(why) });
const onlyInClassic = (why: string): Support => ({ classic: honoured, ...inBuildkit(refused(why)) });
const sinceBuildkit13 = (why: string): Support => ({
  classic: honoured,
  ...inBuildkit({ isHonoured: true, since: { api: '1.45', buildkit: '0.13' }, why }),
});

/** What stands in a manifest or an index, which the classic store does not keep. */
const inManifests = (what: string): Support => ({
  classic: refused(`the classic builder makes no ${what}`),
  buildkit: refused(`the engine's classic store keeps no ${what}`),
  containerd: honoured,
  standalone: honoured,
});

const hasAny = (value: object): boolean => Object.keys(value).length > 0;
const isOn = (value: boolean): boolean => value;
const isAsked = (): boolean => true;
const isTyped = (entry: string): boolean => entry.includes('=');
/** An image alone is a row of its own where it is read; where it is written it is short for `type=registry`. */
const asksFor =
  (use: CacheUse, ...types: readonly string[]) =>
  (entries: readonly string[]): boolean =>
    cacheEntries(use === 'from' ? entries.filter(isTyped) : entries, use).some(({ type }) => types.includes(type));
const noSuchCache = refused('the classic builder has no such cache');
/** Of caches that an engine keeps content for. */
const onlyWithContent: Support = {
  classic: noSuchCache,
  buildkit: refused('BuildKit with the classic store has no such cache'),
  containerd: honoured,
  standalone: honoured,
};
const notInEngines = refused('the BuildKit of an engine has no such cache');
const onlyStandalone: Support = {
  classic: noSuchCache,
  buildkit: notInEngines,
  containerd: notInEngines,
  standalone: honoured,
};
const plainNetworks = ['', 'default', 'none', 'host'];

/**
 * Which builder honours which option, on Engines 20.10 and 26.1 with the classic store and 26.1 with the containerd store, as `options.rig.test.ts` and
 * `options-more.rig.test.ts` prove. What is not honoured would be dropped without a word, so it is refused before anything is sent.
 */
export const builderSupport: BuilderSupport = {
  buildArgs: [{ isAsked: hasAny, ...everywhere }],
  labels: [{ isAsked: hasAny, ...everywhere }],
  target: [{ isAsked, ...everywhere }],
  platforms: [
    { values: 'one', isAsked: ({ length }) => length === 1, ...everywhere },
    {
      values: 'several',
      isAsked: ({ length }) => length > 1,
      ...everywhere,
      classic: refused('the classic builder makes one platform'),
      buildkit: refused("the engine's classic store holds one platform of an image"),
    },
  ],
  // It is chosen before.
  builder: [],
  noCache: [{ isAsked: isOn, ...everywhere }],
  noCacheFilter: [{ isAsked: hasAny, ...notInClassic('the classic builder builds every stage again or none') }],
  contexts: [
    {
      isAsked: hasAny,
      classic: refused('the classic builder knows no named contexts'),
      ...inBuildkit({
        isHonoured: true,
        since: { api: '1.42', buildkit: '0.10' },
        why: 'this BuildKit knows no named contexts',
      }),
    },
    {
      values: 'an OCI layout',
      isAsked: (contexts) => Object.values(contexts).some((each) => each.startsWith('oci-layout://')),
      classic: refused('the classic builder knows no named contexts'),
      buildkit: refused('BuildKit with the classic store reads no OCI layouts'),
      containerd: honoured,
      standalone: honoured,
    },
  ],
  // What is not there is refused before a build that must pull nothing.
  pull: [
    { values: '`always`', isAsked: (choice) => choice === true || choice === 'always', ...everywhere },
    {
      values: '`missing`, `never`',
      isAsked: (choice) => choice === 'missing' || choice === 'never',
      ...everywhere,
      standalone: refused('a BuildKit that is no engine holds no images by name'),
    },
  ],
  network: [
    {
      values: '`default`, `none`, `host`',
      isAsked: (network) => plainNetworks.includes(network),
      ...everywhere,
    },
    {
      values: 'a name',
      isAsked: (network) => !plainNetworks.includes(network),
      ...onlyInClassic('BuildKit knows the networks "default", "none" and "host" only'),
    },
  ],
  addHosts: [{ isAsked: hasAny, ...everywhere }],
  shmSize: [{ isAsked: (bytes) => bytes > 0, ...sinceBuildkit13('this BuildKit ignores the size of /dev/shm') }],
  ulimits: [{ isAsked: hasAny, ...sinceBuildkit13('this BuildKit ignores resource limits') }],
  memory: [{ isAsked: (bytes) => bytes > 0, ...onlyInClassic('BuildKit knows no memory limit for a build') }],
  memorySwap: [{ isAsked, ...onlyInClassic('BuildKit knows no memory limit for a build') }],
  cpuShares: [{ isAsked, ...onlyInClassic('BuildKit knows no limit of processors for a build') }],
  cpuPeriod: [{ isAsked, ...onlyInClassic('BuildKit knows no limit of processors for a build') }],
  cpuQuota: [{ isAsked, ...onlyInClassic('BuildKit knows no limit of processors for a build') }],
  cpusetCpus: [{ isAsked, ...onlyInClassic('BuildKit knows no limit of processors for a build') }],
  cpusetMems: [{ isAsked, ...onlyInClassic('BuildKit knows no limit of processors for a build') }],
  cacheFrom: [
    { values: 'images', isAsked: (entries) => entries.some((entry) => !isTyped(entry)), ...everywhere },
    {
      values: '`type=registry|local`',
      isAsked: asksFor('from', 'registry', 'local'),
      ...notInClassic('the classic builder takes images as caches, and no attributes'),
    },
    { values: '`type=gha`', isAsked: asksFor('from', 'gha'), ...onlyWithContent },
    { values: '`type=s3|azblob`', isAsked: asksFor('from', 's3', 'azblob'), ...onlyStandalone },
  ],
  cacheTo: [
    {
      values: '`type=inline`',
      isAsked: asksFor('to', 'inline'),
      ...notInClassic('the classic builder writes no cache'),
    },
    { values: '`type=registry|local|gha`', isAsked: asksFor('to', 'registry', 'local', 'gha'), ...onlyWithContent },
    { values: '`type=s3|azblob`', isAsked: asksFor('to', 's3', 'azblob'), ...onlyStandalone },
  ],
  outputs: [
    {
      values: '`local`, `tar`',
      isAsked: (outputs) => fileOutputs(outputs).some(({ type }) => type === 'local' || type === 'tar'),
      ...notInClassic('the classic builder makes an image in its engine and nothing else'),
    },
    {
      values: '`oci`, `docker` with a file',
      isAsked: (outputs) => fileOutputs(outputs).some(({ type }) => type === 'oci' || type === 'docker'),
      ...noClassicStore('an engine with the classic store writes no archives of images'),
    },
    {
      values: 'several',
      isAsked: (outputs) => fileOutputs(outputs).length + Number(makesImage(outputs)) > 1,
      ...sinceBuildkit13('this BuildKit makes one output of a build'),
      classic: refused('the classic builder makes an image in its engine and nothing else'),
    },
    {
      values: '`image` with a form, as `compression`',
      isAsked: (outputs) => hasAny(imageForm(outputs)),
      ...noClassicStore('an engine with the classic store keeps images in a form of its own'),
    },
  ],
  // It is kept here, before anything is sent.
  maxContextBytes: [],
  // The session has the values.
  secrets: [{ isAsked: hasAny, ...notInClassic('the classic builder knows no secrets') }],
  ssh: [{ isAsked: hasAny, ...notInClassic('the classic builder forwards no ssh agent') }],
  // Whom the session serves.
  trustFrontend: [],
  trustBuilder: [],
  annotations: [{ isAsked: hasAny, ...inManifests('annotations') }],
  attest: [{ isAsked: (value) => attestationsOf({ attest: value }).size > 0, ...inManifests('attestations') }],
  sbom: [{ isAsked: (value) => attestationsOf({ sbom: value }).size > 0, ...inManifests('attestations') }],
  provenance: [{ isAsked: (value) => attestationsOf({ provenance: value }).size > 0, ...inManifests('attestations') }],
  allow: [{ isAsked: hasAny, ...notInClassic('the classic builder knows no entitlements') }],
  cgroupParent: [{ isAsked, ...sinceBuildkit13('this BuildKit ignores the control group') }],
};
