import { loadDockerode } from './transport/load-dockerode.js';

const parts: readonly (() => Promise<unknown>)[] = [
  loadDockerode,
  () => import('./transport/modem.js'),
  () => import('./images/inspect-image.js'),
  () => import('./images/find-manifest.js'),
  () => import('./build/build-image.js'),
  () => import('./build/buildkit-build.js'),
  () => import('./images/local-images.js'),
  () => import('./images/push-image.js'),
];

/**
 * Load what a build and a push will need, for a caller who waits for something else meanwhile (a git fetch, say). It changes nothing but the time
 * of the first calls.
 */
export async function warmUp(): Promise<void> {
  try {
    for (const load of parts) await load();
  } catch {
    // A part that cannot be loaded says so when it is needed; here nobody has asked for it yet.
    return;
  }
}
