import { type BuiltImage, type CheckoutContext, DockError, isDockError } from '@dock/core';
import { containerRequest, lastLines, timeoutError } from './gate.js';
import type { Settings } from './options.js';

/**
 * Run the command in the image, by its ID. The engine port removes the container.
 *
 * @throws GATE_FAILED, GATE_TIMEOUT, OOM_KILLED
 */
export async function commandGate(image: BuiltImage, context: CheckoutContext, settings: Settings): Promise<void> {
  const command = typeof settings.command === 'string' ? ['sh', '-c', settings.command] : (settings.command ?? []);
  const shown = command.join(' ');
  const [entrypoint, ...rest] = command;
  const request = {
    ...containerRequest(image, context, settings),
    entrypoint: entrypoint === undefined ? [] : [entrypoint],
    command: rest,
  };
  const outcome = await context.engine
    .runContainer(request, { signal: context.signal, timeoutMs: settings.timeoutMs })
    .catch((error: unknown) => {
      throw isDockError(error) && error.code === 'TIMEOUT'
        ? timeoutError(settings, `the command "${shown}"`, error)
        : error;
    });
  const { exitCode, output, isOomKilled, durationMs } = outcome;
  context.report({ command: [...command], exitCode, durationMs, output, isOutputCut: outcome.isOutputCut });
  if (isOomKilled) {
    throw new DockError(
      'OOM_KILLED',
      `The command "${shown}" of gate "${settings.name}" was killed (137), out of memory.`,
      { details: { exitCode, logTail: lastLines(output) } },
    );
  }
  if (exitCode !== 0) {
    throw new DockError(
      'GATE_FAILED',
      `The command "${shown}" of gate "${settings.name}" ended with status ${exitCode}.`,
      { details: { exitCode, logTail: lastLines(output) } },
    );
  }
}
