import type { BuildImageOptions, EngineOptions } from '@dock/testing';

/** An engine of the rig, by what tells it from the others. */
export type EngineKind = Required<Pick<EngineOptions, 'version' | 'store'>>;

/** A container runner, as the contract and its faults are run with it. */
export interface ContainerRunner {
  /** As `--method` and the result name it. */
  readonly method: string;
  /** The call of its factory in a config, from the name of the build image. */
  readonly config: (buildImage: string) => string;
  /** The import that the call needs. */
  readonly imports: string;
  /** What its build image has to have. */
  readonly image: BuildImageOptions;
  /** The engine that builds, where that is not the one which the build container runs on. */
  readonly innerEngine?: EngineKind;
}

/** Flags of an engine inside a container that has the network of the machine: there is no bridge to make. */
export const withoutBridge = [
  '--bridge=none',
  '--iptables=false',
  '--ip6tables=false',
  '--ip-forward=false',
  '--ip-masq=false',
];

/** Every container runner. */
export const containerRunners: readonly ContainerRunner[] = [
  {
    method: 'host-docker',
    imports: "import { hostDocker } from '@dock/runner-host-docker';",
    config: (buildImage) => `hostDocker({ buildImage: '${buildImage}', network: 'host', passEnv: ['GREETING'] })`,
    image: {},
  },
  {
    method: 'privileged',
    imports: "import { privileged } from '@dock/runner-privileged';",
    config: (buildImage) =>
      `privileged({ buildImage: '${buildImage}', network: 'host', passEnv: ['GREETING'], engineArgs: ${JSON.stringify(withoutBridge)} })`,
    image: { engine: true },
    innerEngine: { version: '26', store: 'classic' },
  },
];
