import type { DockPlugin } from '@dock/core';
import { checkCommand } from './check-command.js';
import { checkService } from './check-service.js';
import { readTestOptions, type TestOptions } from './test-options.js';

/** How much longer than the gate's own deadline its tap may take to clean up, ms. */
const cleanupMs = 30_000;

/**
 * A gate: run a command in the built image, or start it and wait for a port or URL. A gate that says no ends the run before anything is
 * named or published.
 *
 * @throws CONFIG_INVALID
 */
export function test(options: TestOptions): DockPlugin {
  const read = readTestOptions(options);
  const { name, optional, timeoutMs, check } = read;
  return {
    name,
    optional,
    apply({ hooks }) {
      hooks.prepublish.tap(
        name,
        async (image, context) => {
          if (check.kind === 'command') await checkCommand(image, context, read, check);
          else await checkService(image, context, read, check);
        },
        { timeoutMs: timeoutMs + cleanupMs },
      );
    },
  };
}
