import { resolve } from 'node:path';
import type { Environment } from '@dock/api';
import { escapeTemplate, type RequestOptions, type SourceRequest } from '@dock/core';
import { canonicalPlatform, withCachePaths } from '@dock/core/internal';
import { readDockerfileFlag } from './read-dockerfile-flag.js';
import { readPull } from './read-pull.js';
import { parseBytes } from './parse-bytes.js';
import { parseCount } from './parse-count.js';
import { parseContexts } from './parse-contexts.js';
import { parseDuration } from './parse-duration.js';
import { parseKeyValues } from './key-values.js';
import { parseSecret } from './parse-secret.js';
import { parseSsh } from './parse-ssh.js';
import { parseUlimit } from './parse-ulimit.js';

/** What a flag came to, as the parser gives it: a switch, one word, or the words of a flag that may be repeated. */
export type FlagValue = boolean | string | readonly string[] | undefined;

/** What the words of a flag are read against. */
export interface FlagSurroundings {
  readonly cwd: string;
  readonly env: Environment;
  readonly source: SourceRequest;
  /** Whether labels and build arguments of the config are templates; those of flags are taken as they are. */
  readonly hasTemplates?: boolean;
}

/** How an option is written as a flag. */
export interface OptionFlag<Value> {
  readonly flag: string;
  readonly char?: 'c' | 'f' | 'm' | 'o';
  /** `switch` takes no value, `word` one, `words` one each time. */
  readonly kind: 'switch' | 'word' | 'words';
  readonly helpGroup: 'IMAGE' | 'BUILD' | 'PUBLISH' | 'CONFIG';
  readonly helpValue?: string;
  readonly choices?: readonly string[];
  /** What a `word` means without a value. */
  readonly implied?: string;
  /** Where the grammar of the flag is not that of the option. @default the option's sentence */
  readonly description?: string;
  /** The value of the option, from what was given. @default as given @param own What the config says, where both count */
  readonly read?: (given: never, surroundings: FlagSurroundings, own: Value | undefined) => Value;
}

type OptionFlags = {
  readonly [Key in keyof RequestOptions]-?: OptionFlag<NonNullable<RequestOptions[Key]>> | undefined;
};

/**
 * The flag of each option; `undefined` for an option without one. Which options there are, the compiler compares with core's table.
 */
export const optionFlags: OptionFlags = {
  targetRegistries: {
    flag: 'target-registry',
    kind: 'words',
    helpGroup: 'PUBLISH',
    helpValue: 'HOST',
    description: 'Publish each tag to this registry',
  },
  floating: {
    flag: 'floating',
    kind: 'words',
    helpGroup: 'PUBLISH',
    helpValue: 'NAME[:TAG]',
    description: 'Name, as latest, that moves once every other name is published',
  },
  verify: {
    flag: 'verify',
    kind: 'word',
    helpGroup: 'PUBLISH',
    choices: ['auto', 'required', 'off'],
    description: 'Ask the registry for what it holds after a push; required: an unconfirmed push fails',
  },
  labels: {
    flag: 'label',
    kind: 'words',
    helpGroup: 'IMAGE',
    helpValue: 'KEY=VALUE',
    description: 'Label of the image',
    read: (words: readonly string[], { hasTemplates }, own) => ({
      ...own,
      ...asWritten(
        parseKeyValues(words, '--label', () => ''),
        hasTemplates,
      ),
    }),
  },
  dockerfile: {
    flag: 'file',
    char: 'f',
    kind: 'word',
    helpGroup: 'BUILD',
    helpValue: 'FILE',
    description: 'Dockerfile [default: PATH/Dockerfile]; in a git repository, inside the context; - for standard input',
    read: (file: string, { cwd, source }) => readDockerfileFlag(file, cwd, source),
  },
  buildArgs: {
    flag: 'build-arg',
    kind: 'words',
    helpGroup: 'BUILD',
    helpValue: 'KEY[=VALUE]',
    description: 'Value of an ARG; without a value, the one of the environment variable',
    read: (words: readonly string[], { env, hasTemplates }, own) => ({
      ...own,
      ...asWritten(
        parseKeyValues(words, '--build-arg', (key) => env[key]),
        hasTemplates,
      ),
    }),
  },
  // "--file -" says it.
  dockerfileText: undefined,
  target: { flag: 'target', kind: 'word', helpGroup: 'BUILD', helpValue: 'STAGE' },
  platforms: {
    flag: 'platform',
    kind: 'words',
    helpGroup: 'BUILD',
    helpValue: 'PLATFORM',
    read: (words: readonly string[]) =>
      words.flatMap((each) => each.split(',')).map((each) => canonicalPlatform(each) ?? each),
  },
  builder: {
    flag: 'builder',
    kind: 'word',
    helpGroup: 'BUILD',
    helpValue: 'BUILDER',
    description:
      'Who builds: auto, engine (or buildkit), classic, a builder of buildx, tcp://HOST:PORT, unix://PATH or docker-container:NAME [default: auto]',
  },
  noCache: { flag: 'no-cache', kind: 'switch', helpGroup: 'BUILD' },
  noCacheFilter: {
    flag: 'no-cache-filter',
    kind: 'words',
    helpGroup: 'BUILD',
    helpValue: 'STAGE',
    description: 'Stage whose steps are built again',
    read: (words: readonly string[]) => words.flatMap((each) => each.split(',')),
  },
  contexts: {
    flag: 'build-context',
    kind: 'words',
    helpGroup: 'BUILD',
    helpValue: 'NAME=PATH|URL',
    description:
      'Another build context by name: a directory, docker-image://IMAGE, oci-layout://DIR, an http or git URL',
    read: (words: readonly string[], { cwd }, own) => ({ ...own, ...parseContexts(words, cwd) }),
  },
  pull: {
    flag: 'pull',
    kind: 'word',
    implied: 'true',
    helpGroup: 'BUILD',
    helpValue: '[=always|missing|never]',
    description: 'Ask registries for newer base images, for missing ones only, or for none [default: missing]',
    read: readPull,
  },
  network: { flag: 'network', kind: 'word', helpGroup: 'BUILD', helpValue: 'MODE' },
  addHosts: { flag: 'add-host', kind: 'words', helpGroup: 'BUILD', helpValue: 'HOST:IP' },
  shmSize: {
    flag: 'shm-size',
    kind: 'word',
    helpGroup: 'BUILD',
    helpValue: 'BYTES',
    description: 'Size of /dev/shm, as 64m',
    read: (text: string) => parseBytes(text, '--shm-size', 0),
  },
  ulimits: {
    flag: 'ulimit',
    kind: 'words',
    helpGroup: 'BUILD',
    helpValue: 'NAME=SOFT[:HARD]',
    read: (words: readonly string[]) => words.map(parseUlimit),
  },
  memory: {
    flag: 'memory',
    char: 'm',
    kind: 'word',
    helpGroup: 'BUILD',
    helpValue: 'BYTES',
    description: 'Memory limit of RUN, as 512m (classic builder)',
    read: (text: string) => parseBytes(text, '--memory'),
  },
  memorySwap: {
    flag: 'memory-swap',
    kind: 'word',
    helpGroup: 'BUILD',
    helpValue: 'BYTES',
    description: 'Memory and swap of RUN together, as 1g; -1 is no limit (classic builder)',
    read: (text: string) => (text === '-1' ? -1 : parseBytes(text, '--memory-swap', 0)),
  },
  cpuShares: {
    flag: 'cpu-shares',
    char: 'c',
    kind: 'word',
    helpGroup: 'BUILD',
    helpValue: 'NUMBER',
    read: (text: string) => parseCount(text, '--cpu-shares', 0),
  },
  cpuPeriod: {
    flag: 'cpu-period',
    kind: 'word',
    helpGroup: 'BUILD',
    helpValue: 'NUMBER',
    read: (text: string) => parseCount(text, '--cpu-period', 0),
  },
  cpuQuota: {
    flag: 'cpu-quota',
    kind: 'word',
    helpGroup: 'BUILD',
    helpValue: 'NUMBER',
    read: (text: string) => parseCount(text, '--cpu-quota', -1),
  },
  cpusetCpus: { flag: 'cpuset-cpus', kind: 'word', helpGroup: 'BUILD', helpValue: 'LIST' },
  cpusetMems: { flag: 'cpuset-mems', kind: 'word', helpGroup: 'BUILD', helpValue: 'LIST' },
  cacheFrom: {
    flag: 'cache-from',
    kind: 'words',
    helpGroup: 'BUILD',
    helpValue: 'IMAGE|type=TYPE[,KEY=VALUE]',
    description: 'Cache to take layers from: an image, or type=registry|local|gha|s3|azblob',
    read: (words: readonly string[], { cwd }) => withCachePaths(words, 'from', (path) => resolve(cwd, path)),
  },
  cacheTo: {
    flag: 'cache-to',
    kind: 'words',
    helpGroup: 'BUILD',
    helpValue: 'type=TYPE[,KEY=VALUE]',
    description: 'Cache to write layers to: type=registry|local|inline|gha|s3|azblob',
    read: (words: readonly string[], { cwd }) => withCachePaths(words, 'to', (path) => resolve(cwd, path)),
  },
  maxContextBytes: {
    flag: 'max-context-size',
    kind: 'word',
    helpGroup: 'BUILD',
    helpValue: 'BYTES',
    description: 'Largest build context, as 20g [default: 10g]',
    read: (text: string) => parseBytes(text, '--max-context-size'),
  },
  secrets: {
    flag: 'secret',
    kind: 'words',
    helpGroup: 'BUILD',
    helpValue: 'id=ID[,src=FILE|,env=NAME]',
    description: 'Secret for RUN --mount=type=secret, from a file or a variable',
    read: (words: readonly string[], { cwd, env }) => words.map((each) => parseSecret(each, cwd, env)),
  },
  ssh: {
    flag: 'ssh',
    kind: 'words',
    helpGroup: 'BUILD',
    helpValue: 'default|ID[=SOCKET|KEY]',
    description: 'ssh agent or private key for RUN --mount=type=ssh and a git source [socket: SSH_AUTH_SOCK]',
    read: (words: readonly string[], { cwd, env }) => words.map((each) => parseSsh(each, cwd, env)),
  },
  trustFrontend: { flag: 'trust-frontend', kind: 'switch', helpGroup: 'BUILD' },
  trustBuilder: { flag: 'trust-builder', kind: 'switch', helpGroup: 'BUILD' },
  outputs: {
    flag: 'output',
    char: 'o',
    kind: 'words',
    helpGroup: 'BUILD',
    helpValue: 'DIR|-|type=TYPE[,dest=PATH]',
    description: 'What to make in place of an image: a directory, an archive (tar, oci, docker), or an image too',
  },
  // It is an option of a runner too, and so one of its flags.
  load: undefined,
  skip: {
    flag: 'skip',
    kind: 'words',
    helpGroup: 'CONFIG',
    helpValue: 'PLUGIN',
    description: 'Leave a plugin of the config out of this run',
  },
  annotations: {
    flag: 'annotation',
    kind: 'words',
    helpGroup: 'IMAGE',
    helpValue: '[TYPE:]KEY=VALUE',
    description: 'Annotation of the manifest, or of index, manifest-descriptor, index-descriptor, manifest[PLATFORM]',
  },
  attest: {
    flag: 'attest',
    kind: 'words',
    helpGroup: 'BUILD',
    helpValue: 'type=sbom|provenance[,KEY=VALUE]',
    description: 'Attestation of the image by the builder',
  },
  sbom: {
    flag: 'sbom',
    kind: 'word',
    implied: 'true',
    helpGroup: 'BUILD',
    helpValue: '[=true|false|generator=IMAGE]',
    description: 'Short for --attest type=sbom',
  },
  provenance: {
    flag: 'provenance',
    kind: 'word',
    implied: 'true',
    helpGroup: 'BUILD',
    helpValue: '[=true|false|mode=max]',
    description: 'Short for --attest type=provenance',
  },
  allow: {
    flag: 'allow',
    kind: 'words',
    helpGroup: 'BUILD',
    helpValue: 'ENTITLEMENT',
    description: 'What the build may use: network.host, security.insecure, device',
    read: (words: readonly string[]) => words.flatMap((each) => each.split(',')),
  },
  cgroupParent: { flag: 'cgroup-parent', kind: 'word', helpGroup: 'BUILD', helpValue: 'CGROUP' },
  // --push, --push=false and --no-push say it together.
  publish: undefined,
  timeouts: {
    flag: 'timeout',
    kind: 'word',
    helpGroup: 'BUILD',
    helpValue: 'DURATION',
    description: 'Time for the whole run, as 90m; 0s means no limit [default: 2h]',
    read: (text: string, _, own) => ({ ...own, runMs: parseDuration('--timeout', text) }),
  },
};

/** Values of flags beside templates of a config. */
function asWritten(values: Readonly<Record<string, string>>, hasTemplates = false): Readonly<Record<string, string>> {
  if (!hasTemplates) return values;
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, escapeTemplate(value)]));
}

/** The options that flags say, a flag winning over the config. */
export function optionsOfFlags(
  given: Readonly<Record<string, FlagValue>>,
  own: RequestOptions,
  surroundings: FlagSurroundings,
): RequestOptions {
  const entries = Object.entries(optionFlags).flatMap(([key, row]) => {
    const value = row === undefined ? undefined : given[row.flag];
    if (row === undefined || value === undefined) return [];
    const read = row.read as ((value: FlagValue, ...more: unknown[]) => unknown) | undefined;
    return [[key, read === undefined ? value : read(value, surroundings, own[key as keyof RequestOptions])]];
  });
  return Object.fromEntries(entries) as RequestOptions;
}
