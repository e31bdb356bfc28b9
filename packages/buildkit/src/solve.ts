import type { BuildOptions, BuildSpec } from '@dock/core';
import type { BuildEvidence } from '@dock/core/internal';
import type * as SolveBuild from './build/solve-build.js';
import type { BuilderDoor } from './control/builder-door.js';
import type { SolveEnvironment } from './build/solve-environment.js';

/** Loaded once: each import of its own goes through Node's resolver again. */
let loading: Promise<typeof SolveBuild> | undefined;
const client = () => (loading ??= import('./build/solve-build.js'));

/**
 * Build with BuildKit's control API. The client and its messages are loaded with the first call (docs/decisions/0044-buildkits-control-api.md).
 *
 * @throws DAEMON_ERROR, TIMEOUT, CANCELLED, and the first fault of our own side: DOCKERIGNORE_INVALID, CONTEXT_ERROR, INVALID_OPTION, …
 */
export async function solveBuild(
  spec: BuildSpec,
  environment: SolveEnvironment,
  options: BuildOptions,
): Promise<BuildEvidence> {
  const { solveBuild: solve } = await client();
  return solve(spec, environment, options);
}

/** Ask a builder for which platforms it has workers: their machine's own first. */
export async function workerPlatforms(
  door: BuilderDoor,
  scope: { readonly signal?: AbortSignal | undefined } = {},
): Promise<readonly string[]> {
  const { workerPlatforms: ask } = await import('./control/worker-platforms.js');
  return ask(door, scope);
}

/** Load the client, for a caller who waits for something else meanwhile. */
export async function warmUpSolve(): Promise<void> {
  await client();
}
