import { type DockPlugin, type JsonValue, toDockError } from '@dock/core';
import { checkCommand } from './check-command.js';
import { checkService } from './check-service.js';
import { gatePlatforms } from './gate-images.js';
import { readTestOptions, type ReadTestOptions, type TestOptions } from './test-options.js';

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
          const deadline = performance.now() + timeoutMs;
          const reports: JsonValue[] = [];
          for (const { platform, asked, take } of await gatePlatforms(built, context, read)) {
            const own = asked === undefined ? read : { ...read, ...onPlatform(read, asked, deadline) };
            const report = (value: JsonValue): void => {
              reports.push({ platform, ...(value as object) });
              context.report(asked === undefined ? value : { platforms: reports });
            };
            try {
              const given = [await take(), { ...context, report }, own] as const;
              if (check.kind === 'command') await checkCommand(...given, check);
              else await checkService(...given, check);
            } catch (error) {
              const { code, message } = toDockError(error);
              context.reportGate({ platform, status: noes.has(code) ? 'failed' : 'not-run', why: message });
              throw error;
            }
            context.reportGate({ platform, status: 'passed' });
          }
        },
        { timeoutMs: timeoutMs + cleanupMs },
      );
    },
  };
}

/** What a gate is called on one platform of several, and how much of its time is left. */
function onPlatform({ name }: ReadTestOptions, platform: string, deadline: number) {
  const timeoutMs = Math.max(1, Math.ceil(deadline - performance.now()));
  return { name: `${name} on ${platform}`, platform, timeoutMs };
}
