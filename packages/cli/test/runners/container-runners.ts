import type { BuildImageOptions } from '@dock/testing';

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
}

/** Every container runner. */
export const containerRunners: readonly ContainerRunner[] = [
  {
    method: 'host-docker',
    imports: "import { hostDocker } from '@dock/runner-host-docker';",
    config: (buildImage) => `hostDocker({ buildImage: '${buildImage}', network: 'host', passEnv: ['GREETING'] })`,
    image: {},
  },
];
