import type { DockPlugin } from '@dock/core';
import { commandGate } from './command-gate.js';
import { parseTestOptions, type TestOptions } from './options.js';
import { portGate } from './port-gate.js';

/** How much longer than the gate's own deadline its tap may take to clean up, ms. */
const cleanupMs = 30_000;

/**
 * A gate: runs a command in the built image, or starts it and waits for a port or path. A failing gate ends the run before anything is published.
 *
 * @throws CONFIG_INVALID for wrong options
 */
export function test(options: TestOptions): DockPlugin {
  const settings = parseTestOptions(options);
  const { name, optional, timeoutMs } = settings;
  return {
    name,
    optional,
    apply(dock) {
      dock.hooks.prepublish.tap(
        name,
        async (image, context) => {
          await (settings.command === undefined ? portGate : commandGate)(image, context, settings);
        },
        { timeoutMs: timeoutMs + cleanupMs },
      );
    },
  };
}
