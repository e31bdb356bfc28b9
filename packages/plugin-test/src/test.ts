import { type DockPlugin, toDockError } from '@dock/core';
import { checkCommand } from './check-command.js';
import { checkService } from './check-service.js';
import { gateImage } from './gate-images.js';
import { readTestOptions, type TestOptions } from './test-options.js';

/** What is a gate's own no; everything else kept it from saying anything. */
const noes: ReadonlySet<string> = new Set(['GATE_FAILED', 'GATE_TIMEOUT', 'OOM_KILLED']);

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
  const { name, optional, timeoutMs, check, gate } = read;
  return {
    name,
    optional,
    requires: { image: gate === 'load' ? 'engine' : 'registry' },
    apply({ hooks }) {
      hooks.prepublish.tap(
        name,
        async (built, context) => {
          const found = await gateImage(built, context, read);
          if (found === undefined) return;
          const { image, platform } = found;
          try {
            if (check.kind === 'command') await checkCommand(image, context, read, check);
            else await checkService(image, context, read, check);
          } catch (error) {
            const { code, message } = toDockError(error);
            context.reportGate({ platform, status: noes.has(code) ? 'failed' : 'not-run', why: message });
            throw error;
          }
          context.reportGate({ platform, status: 'passed' });
        },
        { timeoutMs: timeoutMs + cleanupMs },
      );
    },
  };
}
