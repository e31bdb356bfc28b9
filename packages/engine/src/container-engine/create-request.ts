/** Something mounted into a container. */
export type ContainerMount =
  | { readonly kind: 'bind'; readonly source: string; readonly target: string; readonly readOnly?: boolean }
  /** A volume: named, or without a name an anonymous one, which goes with the container and carries dock's labels. */
  | { readonly kind: 'volume'; readonly name?: string; readonly target: string };

/** A container to create, in the engine's own terms. */
export interface CreateRequest {
  /** Image ID or name. */
  readonly image: string;
  readonly runId: string;
  /** Role label: what the container is for. */
  readonly role: string;
  readonly entrypoint: readonly string[];
  readonly command?: readonly string[];
  readonly env?: readonly string[];
  readonly user?: string;
  readonly workingDir?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly mounts?: readonly ContainerMount[];
  /** Standard input stays open for one attached connection, and ends with it. @default false */
  readonly hasStdin?: boolean;
  readonly privileged?: boolean;
  readonly capAdd?: readonly string[];
  readonly capDrop?: readonly string[];
  readonly securityOpt?: readonly string[];
  /** Show all of /proc and /sys, nothing masked or read-only (`--security-opt systempaths=unconfined`). */
  readonly hasSystemPaths?: boolean;
  /** An init of the engine as process 1. */
  readonly init?: boolean;
  readonly usernsMode?: string;
  readonly cgroupnsMode?: string;
  readonly network?: string;
  readonly dns?: readonly string[];
  readonly addHosts?: readonly string[];
  readonly pidsLimit?: number;
  /** Bytes. */
  readonly memory?: number;
  /** Bytes. */
  readonly shmSize?: number;
  readonly readOnlyRoot?: boolean;
  readonly tmpfs?: Readonly<Record<string, string>>;
  /** Where the engine keeps the output besides whoever is attached. @default none: nowhere */
  readonly logDriver?: string;
}

/** The body of `POST /containers/create`. Never AutoRemove: the outcome is read from the container that is left. */
export function createRequestBody(request: CreateRequest, labels: Readonly<Record<string, string>>): object {
  const { hasStdin = false, memory, mounts = [] } = request;
  const all = { ...labels, ...request.labels };
  return {
    Image: request.image,
    Entrypoint: request.entrypoint,
    Cmd: request.command ?? [],
    Env: request.env ?? [],
    Labels: all,
    AttachStdin: hasStdin,
    OpenStdin: hasStdin,
    StdinOnce: hasStdin,
    AttachStdout: true,
    AttachStderr: true,
    ...(request.user === undefined ? {} : { User: request.user }),
    ...(request.workingDir === undefined ? {} : { WorkingDir: request.workingDir }),
    HostConfig: {
      Mounts: mounts.map((mount) => mountBody(mount, all)),
      LogConfig: { Type: request.logDriver ?? 'none', Config: {} },
      ...(request.privileged === true ? { Privileged: true } : {}),
      ...optional('CapAdd', request.capAdd),
      ...optional('CapDrop', request.capDrop),
      ...optional('SecurityOpt', request.securityOpt),
      ...(request.hasSystemPaths === true ? { MaskedPaths: [], ReadonlyPaths: [] } : {}),
      ...optional('Init', request.init),
      ...optional('UsernsMode', request.usernsMode),
      ...optional('CgroupnsMode', request.cgroupnsMode),
      ...optional('NetworkMode', request.network),
      ...optional('Dns', request.dns),
      ...optional('ExtraHosts', request.addHosts),
      ...optional('PidsLimit', request.pidsLimit),
      ...(memory === undefined ? {} : { Memory: memory, MemorySwap: memory }),
      ...optional('ShmSize', request.shmSize),
      ...optional('Tmpfs', request.tmpfs),
      ...(request.readOnlyRoot === true ? { ReadonlyRootfs: true } : {}),
    },
  };
}

function optional(key: string, value: unknown): object {
  return value === undefined ? {} : { [key]: value };
}

function mountBody(mount: ContainerMount, labels: Readonly<Record<string, string>>): object {
  if (mount.kind === 'bind')
    return { Type: 'bind', Source: mount.source, Target: mount.target, ReadOnly: mount.readOnly === true };
  return {
    Type: 'volume',
    Target: mount.target,
    ...(mount.name === undefined ? { VolumeOptions: { Labels: labels } } : { Source: mount.name }),
  };
}
