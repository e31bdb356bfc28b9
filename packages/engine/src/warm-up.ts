import { loadDockerode } from './transport/load-dockerode.js';

/**
 * Load what a build and a push will need, for a caller who waits for something else meanwhile (a git fetch, say). It changes nothing but the time
 * of the first calls.
 */
export async function warmUp(): Promise<void> {
  try {
    await import('./port-parts.js');
    await loadDockerode();
    await import('./build/buildkit-build.js');
  } catch {
    // A part that cannot be loaded says so when it is needed; here nobody has asked for it yet.
    return;
  }
}
