import { type BuiltImage, type CheckoutContext, type ContainerOutcome, isDockError } from '@dock/core';
import { containerRequest } from './container-request.js';
import { gateFailure, megabytes, outputTail } from './gate-failure.js';
import type { Check, ReadTestOptions } from './test-options.js';

type CommandCheck = Extract<Check, { kind: 'command' }>;

/** What runtimes say of a program that is not there, or is none. */
const notStartable =
  /executable file not found|exec: .*: (?:no such file or directory|permission denied)|exec format error/i;

/** Characters of output that are kept for the error of a command that does not end. */
const keptOutput = 64 * 1024;

/**
 * Run the command in the image. The engine port removes the container.
 *
 * @throws GATE_FAILED, GATE_TIMEOUT, OOM_KILLED, CONTAINER_FAILED
 */
export async function checkCommand(
  image: BuiltImage,
  context: CheckoutContext,
  options: ReadTestOptions,
  check: CommandCheck,
): Promise<void> {
  const { name, memory } = options;
  const { argv, shown } = check;
  const { exitCode, isOomKilled, durationMs, output, isOutputCut } = await run(image, context, options, check);
  const cut = isOutputCut ? { isOutputCut } : {};
  context.report({ command: [...argv], exitCode, durationMs, ...outputTail(output), ...cut });
  const details = { exitCode };
  if (isOomKilled) {
    const limit = memory === undefined ? '' : ` of ${megabytes(memory)}`;
    const message = `Gate "${name}": "${shown}" was killed (${exitCode}), out of its memory${limit}.`;
    throw gateFailure('OOM_KILLED', message, output, { details });
  }
  if (exitCode !== 0) {
    const message = `Gate "${name}": "${shown}" ended with status ${exitCode}.`;
    throw gateFailure('GATE_FAILED', message, output, { details });
  }
  context.logger.info(`Gate "${name}" passed: "${shown}" in ${durationMs} ms`);
}

async function run(
  image: BuiltImage,
  context: CheckoutContext,
  options: ReadTestOptions,
  { argv, shown }: CommandCheck,
): Promise<ContainerOutcome> {
  const { signal, engine, runId } = context;
  const { name, timeoutMs } = options;
  const [program, ...command] = argv;
  // The image's own entry point would take the command as arguments.
  const request = { ...containerRequest(image, runId, options), entrypoint: [program], command };
  let heard = '';
  try {
    return await engine.runContainer(request, {
      signal,
      timeoutMs,
      onEvent: (event) => {
        const isOutput = event.type === 'log';
        if (isOutput) heard = `${heard}${event.message.replace(/\n$/, '')}\n`.slice(-keptOutput);
        // What is printed appears under the gate's own name.
        return context.emit(isOutput ? { ...event, source: name } : event);
      },
    });
  } catch (error) {
    if (signal.aborted || !isDockError(error)) throw error;
    // A program that the image does not have fails every time: that is the gate's no, and no trouble of the engine.
    if (error.code === 'CONTAINER_FAILED' && notStartable.test(error.message))
      throw gateFailure('GATE_FAILED', `Gate "${name}": the image cannot start "${program}".`, '', {
        cause: error,
        hint: startHint(argv),
      });
    if (error.code !== 'TIMEOUT') throw error;
    context.report({ command: [...argv], timeoutMs, output: heard });
    const message = `Gate "${name}": "${shown}" took longer than ${timeoutMs} ms.`;
    throw gateFailure('GATE_TIMEOUT', message, heard, { cause: error });
  }
}

/** One text with spaces in it is a command as a shell takes it. */
function startHint(argv: readonly string[]): string {
  const [program = ''] = argv;
  const words = program.trim().split(/\s+/);
  if (argv.length > 1 || words.length === 1) return 'Put the program into the image, or name it by its full path.';
  return `"${program}" is the name of one program, spaces and all: write the command as a text, '${program}', or as a list, [${words.map((word) => `'${word}'`).join(', ')}].`;
}
