import { type BuildRequest, DockError } from '@dock/core';
import { fileOutputs } from '@dock/core/internal';

/**
 * Standard output takes one thing, and a terminal no archive.
 *
 * @throws USAGE
 */
export function checkStandardOutput(
  { outputs }: Pick<BuildRequest, 'outputs'>,
  isJson: boolean,
  isTerminal: boolean,
): void {
  const output = fileOutputs(outputs).find(({ dest }) => dest === '-');
  if (output === undefined) return;
  if (isJson)
    throw new DockError('USAGE', `"--json" and the output "type=${output.type},dest=-" both want standard output.`, {
      hint: 'Write the output to a file (dest=FILE), or the result (--metadata-file FILE).',
    });
  if (isTerminal)
    throw new DockError('USAGE', `The output "type=${output.type},dest=-" would go to a terminal.`, {
      hint: 'Redirect standard output, or name a file: dest=FILE.',
    });
}
