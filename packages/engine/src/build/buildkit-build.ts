import type { BuildSpec, StreamOptions } from '@dock/core';
import type { BuildEvidence } from './build-evidence.js';
import { classicBuild, type BuildEnvironment } from './classic-build.js';

/** Build with BuildKit. */
export async function buildkitBuild(
  spec: BuildSpec,
  environment: BuildEnvironment,
  options: StreamOptions,
): Promise<BuildEvidence> {
  return classicBuild(spec, environment, options);
}
