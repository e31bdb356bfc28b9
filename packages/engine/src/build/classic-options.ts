import type { BuildSpec, SpecOptions } from '@dock/core';

type ClassicOptions = {
  readonly [Key in keyof SpecOptions]-?: (value: NonNullable<BuildSpec[Key]>) => Readonly<Record<string, unknown>>;
};

const nothing = () => ({});
const hasAny = (value: object): boolean => Object.keys(value).length > 0;

/** How \`POST /build\` is told of each option, in its own words. What its builder would drop is refused before. */
export const classicOptions: ClassicOptions = {
  buildArgs: (args) => (hasAny(args) ? { buildargs: JSON.stringify(args) } : {}),
  labels: (labels) => (hasAny(labels) ? { labels: JSON.stringify(labels) } : {}),
  target: (target) => ({ target }),
  platforms: ([platform]) => (platform === undefined ? {} : { platform }),
  // It is chosen before.
  builder: nothing,
  noCache: (is) => (is ? { nocache: true } : {}),
  // It knows neither.
  noCacheFilter: nothing,
  contexts: nothing,
  // What is not there is refused before a build that must pull nothing.
  pull: (choice) => (choice === true ? { pull: '1' } : {}),
  network: (network) => (network === '' ? {} : { networkmode: network }),
  addHosts: (hosts) => (hasAny(hosts) ? { extrahosts: hosts } : {}),
  shmSize: (bytes) => ({ shmsize: bytes }),
  ulimits: (limits) =>
    hasAny(limits)
      ? { ulimits: JSON.stringify(limits.map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard }))) }
      : {},
  memory: (memory) => ({ memory }),
  memorySwap: (memswap) => ({ memswap }),
  cpuShares: (cpushares) => ({ cpushares }),
  cpuPeriod: (cpuperiod) => ({ cpuperiod }),
  cpuQuota: (cpuquota) => ({ cpuquota }),
  cpusetCpus: (cpusetcpus) => ({ cpusetcpus }),
  cpusetMems: (cpusetmems) => ({ cpusetmems }),
  cacheFrom: (images) => (hasAny(images) ? { cachefrom: JSON.stringify(images) } : {}),
  cacheTo: nothing,
  // It is refused.
  outputs: nothing,
  // It is kept here, before anything is sent.
  maxContextBytes: nothing,
  // The classic builder has no session.
  secrets: nothing,
  ssh: nothing,
  trustFrontend: nothing,
  trustBuilder: nothing,
  // It makes no manifest.
  annotations: nothing,
  attest: nothing,
  sbom: nothing,
  provenance: nothing,
  allow: nothing,
  cgroupParent: (parent) => ({ cgroupparent: parent }),
};
