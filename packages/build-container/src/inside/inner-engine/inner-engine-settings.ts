/** A range of addresses that an engine takes the networks of its containers from. */
export interface AddressPool {
  /** `172.30.0.0/16` */
  readonly base: string;
  /** Prefix length of each network. */
  readonly size: number;
}

/** How the engine inside a build container is started. Plain JSON, no secret. */
export interface InnerEngineSettings {
  readonly kind: 'inner';
  /** Where its images and layers go: a volume. */
  readonly dataRoot: string;
  readonly insecureRegistries: readonly string[];
  readonly registryMirrors: readonly string[];
  readonly dns: readonly string[];
  readonly mtu?: number;
  readonly addressPools: readonly AddressPool[];
  /** Flags of dockerd, after all others: the last of two equal ones counts. */
  readonly engineArgs: readonly string[];
  /** File with certificates that the engine and the pipeline trust beside the system's. */
  readonly caFile?: string;
  /** How long it may take to answer, ms. */
  readonly startTimeoutMs: number;
}

/** Places of the engine inside, on the job's volume: nothing of it is in the container's own layer. */
export const enginePlaces = {
  root: '/run/dock/engine',
  socket: '/run/dock/engine/docker.sock',
  execRoot: '/run/dock/engine/exec',
  pidFile: '/run/dock/engine/dockerd.pid',
  config: '/run/dock/engine/daemon.json',
  containerd: '/run/dock/engine/containerd/containerd.sock',
  containerdConfig: '/run/dock/engine/containerd/containerd.toml',
  certificates: '/run/dock/engine/certificates.pem',
} as const;
