import { canonicalBuilder } from './builder-choice.js';
import { readAnnotation } from './annotation.js';
import { attestText, readAttestation } from './attestation.js';
import { cacheList } from './cache-list.js';
import { contextMap } from './context-map.js';
import { canonicalHostEntry } from './host-entry.js';
import type { OptionTable, SchemaBuilders } from './option-row.js';
import { outputText, readOutput } from './output-entry.js';
import { canonicalPlatform } from './platform.js';
import { textMap } from './text-map.js';

/** A text that has one form for all its spellings. */
function canonical(z: SchemaBuilders, read: (text: string) => string | undefined, fault: string) {
  return z
    .string()
    .refine((text) => read(text) !== undefined, { error: ({ input }) => `"${String(input)}" ${fault}` })
    .overwrite((text) => read(text) ?? text);
}

/** Texts that a reader understands; they stay as they are written. */
function checkedTexts(z: SchemaBuilders, read: (text: string) => object) {
  return z.array(z.string().superRefine((text, issues) => refuseFault(text, read(text), issues)));
}

/** What an attestation of one type is asked for with. */
function attestValue(z: SchemaBuilders, type: 'sbom' | 'provenance') {
  return z.union([
    z.boolean(),
    z.string().superRefine((text, issues) => refuseFault(text, readAttestation(attestText(type, text)), issues)),
  ]);
}

function refuseFault(
  text: string,
  read: object,
  issues: { addIssue(issue: { code: 'custom'; message: string }): void },
): void {
  if ('fault' in read) issues.addIssue({ code: 'custom', message: `"${text}" ${String(read.fault)}` });
}

/**
 * The options of a build, each described once. Request, spec, config, checks and reference pages follow from this table; the command line adds a
 * flag by key, and a builder what it does with the option (docs/decisions/0038-one-option-table.md).
 */
export const optionTable = {
  targetRegistries: {
    sentence:
      'Registries (`host[:port][/prefix]`) that each name is published to; the names themselves then stay local.',
    shape: "targetRegistries: ['registry.example.com/team']",
    schema: (z) => z.array(z.string().min(1)),
    spec: 'no',
  },
  floating: {
    sentence:
      'More names of the image, as `latest`, that move once every other name of the run is published: none of them moves when one of those fails.',
    shape: "floating: ['registry.example.com/team/hello:latest']",
    schema: (z) => z.array(z.string().min(1)),
    spec: 'no',
  },
  verify: {
    sentence:
      'Whether dock asks the registry for what it holds after a push, over what `push()` says: `auto`, where that is possible; `required`, a push that nobody could confirm fails; `off`.',
    shape: "verify: 'required'",
    schema: (z) => z.enum(['auto', 'required', 'off']),
    spec: 'no',
  },
  dockerfile: {
    sentence: 'Path of the Dockerfile inside the context. Default: `Dockerfile`.',
    shape: "dockerfile: 'docker/Dockerfile'",
    schema: (z) => z.string().min(1),
    spec: 'no',
  },
  dockerfileText: {
    sentence: 'Text of the Dockerfile, instead of a file.',
    shape: "dockerfileText: 'FROM busybox:1'",
    schema: (z) => z.string().min(1),
    spec: 'no',
  },
  buildArgs: {
    sentence: 'Values of `ARG`.',
    shape: "buildArgs: { VERSION: '1.2' }",
    schema: textMap,
    spec: { otherwise: {} },
  },
  labels: {
    sentence: 'Labels of the image.',
    shape: "labels: { 'com.example.team': 'web' }",
    schema: textMap,
    spec: { otherwise: {} },
  },
  target: {
    sentence: 'Stage to build. Default: the last.',
    shape: "target: 'runtime'",
    schema: (z) => z.string(),
    spec: 'asked',
  },
  platforms: {
    sentence:
      'Platforms, `os/arch[/variant]`, an architecture alone, or `local`. Default: `DOCKER_DEFAULT_PLATFORM`, else the engine’s own.',
    shape: "platforms: ['linux/arm64']",
    schema: (z) => z.array(canonical(z, canonicalPlatform, 'is not a platform')),
    spec: { otherwise: [] },
  },
  builder: {
    sentence:
      'Who builds: `auto`, BuildKit where the engine has it; `engine` (or `buildkit`), the engine’s BuildKit; `classic`, its classic builder; the name of a builder of buildx; or `tcp://HOST:PORT`, `unix://PATH`, `docker-container:NAME`. Default: `auto`.',
    shape: "builder: 'classic'",
    schema: (z) => canonical(z, canonicalBuilder, 'names no builder'),
    spec: { otherwise: 'auto' },
  },
  noCache: {
    sentence: 'Build every step again.',
    shape: 'noCache: true',
    schema: (z) => z.boolean(),
    spec: { otherwise: false },
  },
  noCacheFilter: {
    sentence: 'Stages whose steps are built again.',
    shape: "noCacheFilter: ['assets']",
    schema: (z) =>
      z.array(z.string().regex(/^[^,\s]+$/, { error: ({ input }) => `"${String(input)}" is no name of a stage` })),
    spec: 'asked',
  },
  contexts: {
    sentence:
      'More build contexts by name, for `FROM` and `--from`: a directory, `docker-image://IMAGE`, `oci-layout://DIRECTORY[:TAG][@DIGEST]`, or an http or git URL.',
    shape: "contexts: { base: 'docker-image://busybox:1', shared: '/src/shared' }",
    schema: contextMap,
    spec: 'asked',
  },
  pull: {
    sentence:
      'Ask registries for base images: `true` or `always` for all, `missing` for those that the engine lacks, `never` for none. Default: `missing`.',
    shape: "pull: 'always'",
    schema: (z) =>
      z
        .union([z.boolean(), z.enum(['always', 'missing', 'never'])])
        .overwrite((choice) => (choice === 'always' ? true : choice)),
    spec: { otherwise: false },
  },
  network: {
    sentence: 'Network of `RUN`: `default`, `none`, `host` or a name.',
    shape: "network: 'none'",
    schema: (z) => z.string(),
    spec: 'asked',
  },
  addHosts: {
    sentence:
      'Lines of /etc/hosts during the build: `host:ip` or `host=ip`; the address `host-gateway` is that of the engine’s machine.',
    shape: "addHosts: ['db:10.0.0.2']",
    schema: (z) => z.array(canonical(z, canonicalHostEntry, 'does not say which address a host has')),
    spec: 'asked',
  },
  shmSize: {
    sentence: 'Size of /dev/shm, bytes; 0 is the builder’s own.',
    shape: 'shmSize: 64 * 2 ** 20',
    schema: (z) => z.number().int().nonnegative(),
    spec: 'asked',
  },
  ulimits: {
    sentence: 'Resource limits of `RUN`.',
    shape: "ulimits: [{ name: 'nofile', soft: 1024, hard: 2048 }]",
    schema: (z) => z.array(z.strictObject({ name: z.string(), soft: z.number(), hard: z.number() })),
    spec: 'asked',
  },
  memory: {
    sentence: 'Memory limit of `RUN`, bytes (classic builder).',
    shape: 'memory: 512 * 2 ** 20',
    schema: (z) => z.number().int().positive(),
    spec: 'asked',
  },
  memorySwap: {
    sentence: 'Memory and swap of `RUN` together, bytes; -1 is no limit (classic builder).',
    shape: 'memorySwap: 2 ** 30',
    schema: (z) => z.number().int().min(-1),
    spec: 'asked',
  },
  cpuShares: {
    sentence: 'Weight of `RUN` against other containers, 1024 is that of one without it (classic builder).',
    shape: 'cpuShares: 512',
    schema: (z) => z.number().int().nonnegative(),
    spec: 'asked',
  },
  cpuPeriod: {
    sentence: 'Period of the scheduler for `RUN`, microseconds (classic builder).',
    shape: 'cpuPeriod: 100_000',
    schema: (z) => z.number().int().nonnegative(),
    spec: 'asked',
  },
  cpuQuota: {
    sentence: 'Time of a processor in each period that `RUN` gets, microseconds; -1 is no limit (classic builder).',
    shape: 'cpuQuota: 50_000',
    schema: (z) => z.number().int().min(-1),
    spec: 'asked',
  },
  cpusetCpus: {
    sentence: 'Processors for `RUN`, as `0-3` or `0,1` (classic builder).',
    shape: "cpusetCpus: '0-3'",
    schema: (z) => z.string(),
    spec: 'asked',
  },
  cpusetMems: {
    sentence: 'Memory nodes for `RUN`, as `0-1` (classic builder).',
    shape: "cpusetMems: '0'",
    schema: (z) => z.string(),
    spec: 'asked',
  },
  cacheFrom: {
    sentence:
      'Caches to take layers from: images, or `type=registry|local|gha|s3|azblob` with attributes as buildx has them.',
    shape: "cacheFrom: ['registry.example.com/team/hello:cache', 'type=local,src=.cache']",
    schema: cacheList('from'),
    spec: 'asked',
  },
  cacheTo: {
    sentence:
      'Caches to write layers to: `type=registry|local|inline|gha|s3|azblob` with attributes as buildx has them. One that cannot be written is a warning, unless it has `ignore-error=false`.',
    shape: "cacheTo: ['type=registry,ref=registry.example.com/team/hello:cache,mode=max']",
    schema: cacheList('to'),
    spec: 'asked',
  },
  maxContextBytes: {
    sentence: 'Largest build context, bytes. Default: 10 GiB.',
    shape: 'maxContextBytes: 20 * 2 ** 30',
    schema: (z) => z.number().int().positive(),
    spec: 'asked',
  },
  secrets: {
    sentence: 'Build secrets, read at build time from a `file` or from the variable that `env` names.',
    shape: "secrets: [{ id: 'token', env: 'TOKEN' }] or [{ id: 'token', file: '/run/token' }]",
    schema: (z) =>
      z.array(
        z.union([
          z.strictObject({ id: z.string().min(1), file: z.string().min(1) }),
          z.strictObject({ id: z.string().min(1), env: z.string().min(1) }),
        ]),
      ),
    spec: 'asked',
  },
  ssh: {
    sentence:
      'Sockets of ssh agents, or private keys (files, or variables by `env`), for `RUN --mount=type=ssh` and (`default`) for a git source.',
    shape:
      "ssh: [{ id: 'default', socket: '/run/agent.sock' }], [{ id: 'default', keys: ['/run/key'] }] or [{ id: 'default', env: ['SSH_KEY'] }]",
    schema: (z) =>
      z.array(
        z.union([
          z.strictObject({ id: z.string().min(1), socket: z.string().min(1) }),
          z.strictObject({ id: z.string().min(1), keys: z.array(z.string().min(1)).min(1) }),
          z.strictObject({ id: z.string().min(1), env: z.array(z.string().min(1)).min(1) }),
        ]),
      ),
    spec: 'asked',
  },
  trustFrontend: {
    sentence:
      'Let a `# syntax` frontend that is not Docker’s own have secrets, ssh and registry credentials. Default: `false`.',
    shape: 'trustFrontend: true',
    schema: (z) => z.boolean(),
    spec: 'asked',
  },
  trustBuilder: {
    sentence:
      'Let a builder that is not the user’s own engine have passwords of registries, for those that give no tokens. Default: `false`.',
    shape: 'trustBuilder: true',
    schema: (z) => z.boolean(),
    spec: 'asked',
  },
  outputs: {
    sentence:
      'What the build makes in place of an image, as `--output` of buildx: a directory, or `type=local|tar|oci|docker|image|registry` with `dest=` and more; `-` is standard output.',
    shape: "outputs: ['type=local,dest=out']",
    schema: (z) =>
      z.array(
        z
          .string()
          .check(({ value, issues }) => {
            const entry = readOutput(value);
            if ('fault' in entry)
              issues.push({ code: 'custom', message: `the output "${value}" ${entry.fault}`, input: value });
          })
          .overwrite((text) => {
            const entry = readOutput(text);
            return 'fault' in entry ? text : outputText(entry);
          }),
      ),
    spec: 'asked',
  },
  load: {
    sentence: 'The image ends in the engine, also beside other outputs and with a builder that is no engine’s.',
    shape: 'load: true',
    schema: (z) => z.boolean(),
    spec: 'no',
  },
  skip: {
    sentence: 'Names of plugins of the config that this run leaves out.',
    shape: "skip: ['test']",
    schema: (z) => z.array(z.string().min(1)),
    spec: 'no',
  },
  annotations: {
    sentence:
      'Annotations of the image: `[TYPE:]KEY=VALUE` with the types `manifest`, `manifest-descriptor`, `index`, `index-descriptor`, several with commas, the first two also for one platform (`manifest[linux/amd64]`). Default type: `manifest`.',
    shape: "annotations: ['index:org.opencontainers.image.title=hello']",
    schema: (z) => checkedTexts(z, readAnnotation),
    spec: 'asked',
  },
  attest: {
    sentence: 'Attestations that the builder makes: `type=sbom` or `type=provenance`, with attributes. Default: none.',
    shape: "attest: ['type=provenance,mode=max']",
    schema: (z) => checkedTexts(z, readAttestation),
    spec: 'asked',
  },
  sbom: {
    sentence:
      'A list of what is in the image, as an attestation: `true`, or the attributes of `type=sbom`. Default: `false`.',
    shape: "sbom: true or sbom: 'generator=registry.example.com/scanner:1'",
    schema: (z) => attestValue(z, 'sbom'),
    spec: 'asked',
  },
  provenance: {
    sentence:
      'How the image was built, as an attestation: `true`, or the attributes of `type=provenance`. Default: `false`.',
    shape: "provenance: true or provenance: 'mode=max'",
    schema: (z) => attestValue(z, 'provenance'),
    spec: 'asked',
  },
  allow: {
    sentence:
      "Entitlements that the build may use: `network.host`, `security.insecure`, `device`. Default: none, and `network.host` with `network: 'host'`.",
    shape: "allow: ['network.host']",
    schema: (z) =>
      z.array(
        z.string().regex(/^(?:network\.host|security\.insecure|device(?:=.+)?)$/, {
          error: ({ input }) =>
            `"${String(input)}" is no entitlement; there are network.host, security.insecure and device`,
        }),
      ),
    spec: 'asked',
  },
  cgroupParent: {
    sentence: 'Control group under which `RUN` is put.',
    shape: "cgroupParent: '/builds'",
    schema: (z) => z.string().min(1),
    spec: 'asked',
  },
  publish: {
    sentence: '`false` forbids publishing whatever the plugins say.',
    shape: 'publish: false',
    schema: (z) => z.boolean(),
    spec: 'no',
  },
  timeouts: {
    sentence: 'Limits in ms; 0 means none.',
    shape: 'timeouts: { runMs: 30 * 60_000 }',
    schema: (z) => {
      const milliseconds = z.number().nonnegative().optional();
      return z.strictObject({
        runMs: milliseconds,
        connectMs: milliseconds,
        phaseMs: milliseconds,
        pluginMs: milliseconds,
        sourceMs: milliseconds,
        buildIdleMs: milliseconds,
        pullIdleMs: milliseconds,
        pushIdleMs: milliseconds,
      });
    },
    spec: 'no',
  },
} as const satisfies OptionTable;
