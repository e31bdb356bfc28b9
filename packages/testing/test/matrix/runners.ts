import type { BuildImageOptions } from '@dock/testing';

/** The runners that the matrix is run with. */
export const runners = ['here', 'host-docker', 'privileged'] as const;

export type RunnerName = (typeof runners)[number];

/** A runner with a build container, as the config of a run names it. */
export interface ContainerRunner {
  readonly imports: string;
  /** The call of its factory, from the name of the build image. */
  readonly call: (buildImage: string) => string;
  /** What its build image has to have. */
  readonly image: BuildImageOptions;
}

/** The rig's containers have the network of the machine, so there is no bridge to make. */
const engineArgs = ['--bridge=none', '--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false'];

/** Every runner with a build container. */
export const containerRunners: Readonly<Partial<Record<RunnerName, ContainerRunner>>> = {
  'host-docker': {
    imports: "import { hostDocker } from '@dock/runner-host-docker';",
    call: (buildImage) => `hostDocker({ buildImage: '${buildImage}', network: 'host' })`,
    image: {},
  },
  privileged: {
    imports: "import { privileged } from '@dock/runner-privileged';",
    call: (buildImage) =>
      `privileged({ buildImage: '${buildImage}', network: 'host', engineArgs: ${JSON.stringify(engineArgs)} })`,
    image: { engine: true },
  },
};
