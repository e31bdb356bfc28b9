import type { BuildContainerOptions } from '@dock/build-container/options';
import type { SchemaBuilders } from '@dock/core';
import { callKinds, type CallSchemas } from '../check-call.js';

/** What a call says about its build container. */
export interface ContainerParameters
  extends Pick<BuildContainerOptions, 'buildImage' | 'passEnv' | 'credentials' | 'pushBuildrootTo' | 'keep'> {
  /** Config file whose plugins take part; everything else comes from the call. @default pullBase() and inspect() */
  readonly configFile?: string;
  /** Limits and network of the build container itself; those beside it are for the steps of the Dockerfile. */
  readonly container?: Pick<BuildContainerOptions, 'network' | 'dns' | 'addHosts' | 'memory' | 'pidsLimit'>;
}

/** The keys of {@link ContainerParameters}. The runner's factory looks into what they say. */
export function containerSchemas(z: SchemaBuilders): CallSchemas<keyof ContainerParameters> {
  const { text, texts, boolean, object } = callKinds(z);
  return {
    buildImage: z.string().min(1),
    ...{
      passEnv: texts,
      credentials: texts,
      pushBuildrootTo: text,
      keep: boolean,
      configFile: text,
      container: object,
    },
  };
}

/** The options of the runner, from what a call says. */
export function splitContainer(given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { configFile: _configFile, container, ...rest } = given;
  return { ...rest, ...(container as object | undefined) };
}
