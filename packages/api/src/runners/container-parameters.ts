import type { BuildContainerOptions } from '@dock/build-container/options';
import type { Fields } from '../check-call.js';

/** What a call says about its build container. */
export interface ContainerParameters
  extends Pick<BuildContainerOptions, 'buildImage' | 'passEnv' | 'credentials' | 'pushBuildrootTo' | 'keep'> {
  /** Config file whose plugins take part; everything else comes from the call. @default pullBase() and inspect() */
  readonly configFile?: string;
  /** Limits and network of the build container itself; those beside it are for the steps of the Dockerfile. */
  readonly container?: Pick<BuildContainerOptions, 'network' | 'dns' | 'addHosts' | 'memory' | 'pidsLimit'>;
}

/** The keys of {@link ContainerParameters}. */
export const containerFields = {
  buildImage: 'string!',
  passEnv: 'strings',
  credentials: 'strings',
  pushBuildrootTo: 'string',
  keep: 'boolean',
  configFile: 'string',
  container: 'object',
} as const satisfies Fields & Record<keyof ContainerParameters, unknown>;

/** The options of the runner, from what a call says. */
export function splitContainer(given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { configFile: _configFile, container, ...rest } = given;
  return { ...rest, ...(container as object | undefined) };
}
