import { type BuiltImage, type ContainerRequest, engineImage } from '@dock/core';
import type { ReadTestOptions } from './test-options.js';

/** The container of a gate: of the built image, by its ID. */
export function containerRequest(image: BuiltImage, runId: string, options: ReadTestOptions): ContainerRequest {
  const { env, user, workingDir, network, memory, name, platform } = options;
  return {
    image: engineImage(image, `Gate "${name}"`).id,
    ...(platform === undefined ? {} : { platform }),
    role: 'test',
    runId,
    env,
    ...(user === undefined ? {} : { user }),
    ...(workingDir === undefined ? {} : { workingDir }),
    ...(network === undefined ? {} : { network }),
    ...(memory === undefined ? {} : { memory }),
  };
}
