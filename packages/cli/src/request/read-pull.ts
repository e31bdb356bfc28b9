import { DockError, type PullChoice } from '@dock/core';
import { truths } from '../command/boolean-values.js';

const policies = ['always', 'missing', 'never'] as const;

/** `--pull`, `--pull=false` and the policies of docker's `--pull`. @throws USAGE */
export function readPull(text: string | boolean): PullChoice {
  const choice = truths[String(text)] ?? policies.find((each) => each === text);
  if (choice !== undefined) return choice;
  throw new DockError('USAGE', `"--pull=${text}" is not a policy.`, {
    hint: 'Write --pull, or --pull=always, --pull=missing, --pull=never.',
  });
}
