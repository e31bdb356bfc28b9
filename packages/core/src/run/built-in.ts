import type { GitFacts } from '../contracts/checkout.js';
import type { DockPlugin } from '../contracts/plugin.js';
import type { Limits } from './limits.js';
import type { SourceNeeds } from '../source/source-needs.js';
import type { EarlySource } from './run-scope.js';

const none = (limit: number) => (limit > 0 ? limit : Number.POSITIVE_INFINITY);

const builtIn = new WeakSet<DockPlugin>();

/** Whether a plugin is one of dock's own taps. */
export function isBuiltIn(plugin: DockPlugin): boolean {
  return builtIn.has(plugin);
}

/**
 * The taps that dock itself has. They come after every plugin, so that a plugin may take over a source or a build.
 *
 * @param pathFacts Of a path source whose git facts were taken elsewhere.
 * @param early The source, where it was begun before its phase.
 * @param inputs What the request has for taking a source.
 */
export function builtInPlugins(
  limits: Limits,
  pathFacts?: GitFacts | null,
  early: () => EarlySource | undefined = () => undefined,
  inputs: Pick<SourceNeeds, 'buildSecrets' | 'ssh'> = {},
): readonly DockPlugin[] {
  const plugins: readonly DockPlugin[] = [
    {
      name: 'dock:source',
      apply(dock) {
        dock.hooks.source.tap(
          'dock:source',
          async (request, context) => {
            const begun = early();
            if (begun !== undefined) return begun.take(context);
            const { takeSource } = await import('../source/take-source.js');
            return takeSource(request, { ...context, ...inputs }, limits.sourceMs, pathFacts);
          },
          // The source has its own limit, which names itself; this one is for a source that ignores it.
          { stage: 1_000_000, timeoutMs: none(limits.sourceMs > 0 ? limits.sourceMs + 30_000 : 0) },
        );
      },
    },
    {
      name: 'dock:build',
      apply(dock) {
        dock.hooks.build.tap(
          'dock:build',
          async (spec, context) =>
            context.engine.build(spec, {
              signal: context.signal,
              onEvent: (event) => context.emit(event),
              ...(limits.buildIdleMs > 0 ? { idleTimeoutMs: limits.buildIdleMs } : {}),
            }),
          { stage: 1_000_000, timeoutMs: none(0) },
        );
      },
    },
  ];
  for (const plugin of plugins) builtIn.add(plugin);
  return plugins;
}
