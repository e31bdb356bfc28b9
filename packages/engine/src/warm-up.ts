import { loadDockerode } from './transport/load-dockerode.js';

/**
 * Load what a build and a push will need, for a caller who waits for something else meanwhile (a git fetch, say). It changes nothing but the time
 * of the first calls; a part that cannot be loaded rejects here as it does there.
 */
export async function warmUp(): Promise<void> {
  await import('./port-parts.js');
  await loadDockerode();
  await import('./build/buildkit-build.js');
  const { warmUpSolve } = await import('@dock/buildkit');
  await warmUpSolve();
}
