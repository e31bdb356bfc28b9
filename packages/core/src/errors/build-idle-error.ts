import { DockError } from './dock-error.js';

/** The error of a build that said nothing for too long. */
export function buildIdleError(timeoutMs: number): DockError {
  return new DockError('TIMEOUT', `The build printed nothing for ${timeoutMs / 1000} s.`, {
    hint: 'Look at what the step waits for, or raise timeouts.buildIdleMs.',
    details: { call: 'building an image', timeoutMs },
  });
}
