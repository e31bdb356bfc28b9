import type { BuildSpec, SpecOptions } from '@dock/core';
import { attestationsOf, type CacheEntry } from '@dock/core/internal';

/** What is known where a request is made, beside the spec. */
export interface FrontendFacts {
  /** Address that `host-gateway` stands for, where the spec asks for it. */
  readonly hostGateway?: string | undefined;
  /** What the frontend is told of each named context. */
  readonly contexts?: Readonly<Record<string, string>>;
  /** Caches to read, as they are prepared. */
  readonly imports?: readonly CacheEntry[];
}

type Attributes = Readonly<Record<string, string>>;
type FrontendOptions = {
  readonly [Key in keyof SpecOptions]-?: (value: NonNullable<BuildSpec[Key]>, facts: FrontendFacts) => Attributes;
};

const nothing = (): Attributes => ({});
const when = (is: boolean, name: string, value: string): Attributes => (is ? { [name]: value } : {});
const prefixed = (prefix: string, values: Readonly<Record<string, string>>): Attributes =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}:${name}`, value]));

/** How the Dockerfile frontend is told of each option (moby/buildkit, `frontend/dockerfile`). */
const frontendOptions: FrontendOptions = {
  buildArgs: (args) => prefixed('build-arg', args),
  labels: (labels) => prefixed('label', labels),
  target: (target) => ({ target }),
  platforms: (platforms) => when(platforms.length > 0, 'platform', platforms.join(',')),
  // It is chosen before.
  builder: nothing,
  noCache: (is) => when(is, 'no-cache', ''),
  noCacheFilter: (stages) => when(stages.length > 0, 'no-cache', stages.join(',')),
  contexts: (_, facts) => prefixed('context', facts.contexts ?? {}),
  pull: (choice) => ({ 'image-resolve-mode': choice === true ? 'pull' : choice === false ? 'default' : 'local' }),
  network: (network) => when(network === 'host' || network === 'none', 'force-network-mode', network),
  addHosts: (hosts, facts) =>
    when(hosts.length > 0, 'add-hosts', hosts.map((entry) => hostEntry(entry, facts)).join(',')),
  shmSize: (bytes) => when(bytes > 0, 'shm-size', String(bytes)),
  ulimits: (limits) =>
    when(limits.length > 0, 'ulimit', limits.map(({ name, soft, hard }) => `${name}=${soft}:${hard}`).join(',')),
  // The frontend has no such things.
  memory: nothing,
  memorySwap: nothing,
  cpuShares: nothing,
  cpuPeriod: nothing,
  cpuQuota: nothing,
  cpusetCpus: nothing,
  cpusetMems: nothing,
  // As they are prepared.
  cacheFrom: (_, { imports = [] }) =>
    when(
      imports.length > 0,
      'cache-imports',
      JSON.stringify(imports.map(({ type, attributes }) => ({ Type: type, Attrs: attributes }))),
    ),
  cacheTo: nothing,
  // The exporters are told.
  outputs: nothing,
  // FileSync keeps it.
  maxContextBytes: nothing,
  // The session has the values.
  secrets: nothing,
  ssh: nothing,
  // Whom the session serves.
  trustFrontend: nothing,
  trustBuilder: nothing,
  // The exporters are told.
  annotations: nothing,
  // All three together are below.
  attest: nothing,
  sbom: nothing,
  provenance: nothing,
  // The request says it.
  allow: nothing,
  cgroupParent: (parent) => ({ 'cgroup-parent': parent }),
};

/** The attributes of the Dockerfile frontend for a spec. */
export function frontendAttributes(spec: BuildSpec, facts: FrontendFacts): Record<string, string> {
  const asked = Object.entries(frontendOptions).map(([option, attributes]) => {
    const value = spec[option as keyof typeof frontendOptions];
    return value === undefined
      ? {}
      : (attributes as (value: unknown, facts: FrontendFacts) => Attributes)(value, facts);
  });
  return Object.assign({}, ...asked, attestAttributes(spec)) as Record<string, string>;
}

/** What the frontend is asked to attest. */
function attestAttributes(spec: BuildSpec): Attributes {
  return prefixed('attest', Object.fromEntries(attestationsOf(spec)));
}

/** `name=address`, of `name:address` as `--add-host` has it. */
function hostEntry(entry: string, { hostGateway }: FrontendFacts): string {
  const at = entry.indexOf(':');
  const [name, address] = at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)];
  return `${name}=${address === 'host-gateway' ? (hostGateway ?? address) : address}`;
}
