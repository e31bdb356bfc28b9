import type { ContainerRunnerOptions } from '@dock/api';
import { DockError } from '@dock/core';
import { csvFields } from '@dock/core/internal';
import * as Flags from '@oclif/core/flags';
import { repeated } from '../command/common-flags.js';
import type { FlagValue } from './option-flags.js';
import { parseBytes } from './parse-bytes.js';
import { parseCount } from './parse-count.js';
import { parseDuration } from './parse-duration.js';

/** How an option of a build container is written as a flag. */
interface ContainerFlag<Value> {
  readonly flag: string;
  readonly kind: 'switch' | 'word' | 'words';
  readonly description: string;
  readonly helpValue?: string;
  /** The value of the option, from what was given. @default as given */
  readonly read?: (given: never) => Value;
}

type ContainerFlags = {
  readonly [Key in keyof ContainerRunnerOptions]-?: ContainerFlag<NonNullable<ContainerRunnerOptions[Key]>>;
};

/** The flag of each option that a build container has in a config. */
const containerFlags: ContainerFlags = {
  buildImage: {
    flag: 'build-image',
    kind: 'word',
    description: 'Image that the build container is made of; the engine must have it',
    helpValue: 'IMAGE',
  },
  passEnv: {
    flag: 'pass-env',
    kind: 'words',
    description: 'Variable that the config and its plugins may read in the build container',
    helpValue: 'NAME',
  },
  credentials: {
    flag: 'credentials',
    kind: 'words',
    description: 'Registry whose stored credentials the build container gets too',
    helpValue: 'HOST',
  },
  network: {
    flag: 'container-network',
    kind: 'word',
    description: 'Network of the build container: host, none, or a name',
    helpValue: 'MODE',
  },
  dns: {
    flag: 'container-dns',
    kind: 'words',
    description: 'Name server of the build container',
    helpValue: 'ADDRESS',
  },
  addHosts: {
    flag: 'container-add-host',
    kind: 'words',
    description: 'Line of /etc/hosts in the build container',
    helpValue: 'HOST:IP',
  },
  memory: {
    flag: 'container-memory',
    kind: 'word',
    description: 'Memory limit of the build container, as 4g',
    helpValue: 'BYTES',
    read: (text: string) => parseBytes(text, '--container-memory'),
  },
  pidsLimit: {
    flag: 'container-pids-limit',
    kind: 'word',
    description: 'Processes in the build container [default: 4096]',
    helpValue: 'NUMBER',
    read: (text: string) => parseCount(text, '--container-pids-limit'),
  },
  pushBuildrootTo: {
    flag: 'push-buildroot-to',
    kind: 'word',
    description: 'Publish the finished build container as an image in this registry',
    helpValue: 'HOST',
  },
  keep: { flag: 'keep', kind: 'switch', description: 'Leave the build container, and say how to look into it' },
  socketPath: {
    flag: 'engine-socket',
    kind: 'word',
    description: "The engine's socket on the engine's machine (method host-docker)",
    helpValue: 'PATH',
  },
  mode: {
    flag: 'engine-mode',
    kind: 'word',
    description: 'How the engine inside gets its rights: privileged or capabilities (method privileged)',
    helpValue: 'MODE',
  },
  cache: {
    flag: 'engine-cache',
    kind: 'word',
    description: 'Keep the layers of the engine inside under this name (method privileged)',
    helpValue: 'NAME',
  },
  load: {
    flag: 'load',
    kind: 'switch',
    description:
      "Have the image in the host's engine: beside other outputs, and with method privileged or another builder",
  },
  mtu: {
    flag: 'engine-mtu',
    kind: 'word',
    description: 'MTU of the networks of the engine inside (method privileged)',
    helpValue: 'NUMBER',
    read: (text: string) => parseCount(text, '--engine-mtu'),
  },
  addressPools: {
    flag: 'engine-address-pool',
    kind: 'words',
    description: 'Where the networks of the engine inside get their addresses (method privileged)',
    helpValue: 'base=CIDR,size=BITS',
    read: (words: readonly string[]) => words.map(parseAddressPool),
  },
  ca: {
    flag: 'engine-ca',
    kind: 'word',
    description: 'File with certificates that the engine inside trusts too (method privileged)',
    helpValue: 'FILE',
  },
  engineArgs: {
    flag: 'engine-arg',
    kind: 'words',
    description: 'Flag for dockerd inside, as --engine-arg=--debug (method privileged)',
    helpValue: 'FLAG',
  },
  startTimeoutMs: {
    flag: 'engine-start-timeout',
    kind: 'word',
    description: 'How long the engine inside may take to start (method privileged) [default: 60s]',
    helpValue: 'DURATION',
    read: (text: string) => parseDuration('--engine-start-timeout', text),
  },
};

/** These flags as the parser takes them. */
export const containerFlagDefinitions = Object.fromEntries(
  Object.values(containerFlags).map((row) => [row.flag, definition(row)] as const),
);

function definition({ kind, description, helpValue }: Omit<ContainerFlag<never>, 'read'>) {
  const common = { helpGroup: 'RUNNER', ...(helpValue === undefined ? {} : { helpValue }) };
  if (kind === 'switch') return Flags.boolean({ ...common, description });
  if (kind === 'words') return repeated({ ...common, description: `${description}; may be repeated` });
  return Flags.string({ ...common, description });
}

/** The options of a build container that flags say. */
export function containerOptions(given: Readonly<Record<string, FlagValue>>): Readonly<Record<string, unknown>> {
  const entries = Object.entries(containerFlags).flatMap(([key, row]) => {
    const value = given[row.flag];
    if (value === undefined) return [];
    const read = row.read as ((value: FlagValue) => unknown) | undefined;
    return [[key, read === undefined ? value : read(value)]];
  });
  return Object.fromEntries(entries) as Record<string, unknown>;
}

/** As dockerd's `--default-address-pool` takes it. @throws INVALID_OPTION */
function parseAddressPool(text: string): { readonly base: string; readonly size: number } {
  const fields = new Map(
    (csvFields(text) ?? []).map((field): [string, string] => {
      const at = field.indexOf('=');
      return [field.slice(0, Math.max(at, 0)), field.slice(at + 1)];
    }),
  );
  const base = fields.get('base') ?? '';
  const size = Number(fields.get('size'));
  if (fields.size === 2 && base !== '' && Number.isInteger(size) && size > 0) return { base, size };
  throw new DockError('INVALID_OPTION', `"--engine-address-pool ${text}" is not a pool of addresses.`, {
    hint: 'Write base=CIDR,size=BITS, as base=10.10.0.0/16,size=24.',
  });
}
