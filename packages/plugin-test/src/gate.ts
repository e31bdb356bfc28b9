import { type BuiltImage, type CheckoutContext, type ContainerRequest, DockError } from '@dock/core';
import type { Settings } from './options.js';

/** The container of a gate. */
export function containerRequest(image: BuiltImage, context: CheckoutContext, settings: Settings): ContainerRequest {
  const { env, user, workingDir, network, memory } = settings;
  return {
    image: image.id,
    role: 'gate',
    runId: context.runId,
    ...(env === undefined ? {} : { env }),
    ...(user === undefined ? {} : { user }),
    ...(workingDir === undefined ? {} : { workingDir }),
    ...(network === undefined ? {} : { network }),
    ...(memory === undefined ? {} : { memory }),
  };
}

/** The last 20 lines of an output. */
export function lastLines(output: string): string[] {
  return output.replace(/\n+$/, '').split(/\r?\n/).slice(-20);
}

/** A gate that took too long. */
export function timeoutError(settings: Settings, what: string, cause?: unknown, output = ''): DockError {
  return new DockError('GATE_TIMEOUT', `Gate "${settings.name}": ${what} took longer than ${settings.timeoutMs} ms.`, {
    ...(cause === undefined ? {} : { cause }),
    ...(output === '' ? {} : { details: { logTail: lastLines(output) } }),
  });
}
