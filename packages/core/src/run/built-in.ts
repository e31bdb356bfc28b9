import type { BuildOptions } from '../contracts/image-builder.js';
import type { DockPlugin } from '../contracts/plugin.js';
import { makesImage } from '../options/outputs.js';
import type { SourceNeeds } from '../source/source-needs.js';
import { imageDestination } from './image-destination.js';
import type { RunScope } from './run-scope.js';

const none = (limit: number) => (limit > 0 ? limit : Number.POSITIVE_INFINITY);

const builtIn = new WeakSet<DockPlugin>();

/** Whether a plugin is one of dock's own taps. */
export function isBuiltIn(plugin: DockPlugin): boolean {
  return builtIn.has(plugin);
}

/**
 * The taps that dock itself has. They come after every plugin, so that a plugin may take over a source or a build.
 *
 * @param inputs What the run has for taking a source.
 */
export function builtInPlugins(
  scope: RunScope,
  inputs: Partial<Pick<SourceNeeds, 'buildSecrets' | 'env' | 'maxContextBytes' | 'ssh'>> = {},
): readonly DockPlugin[] {
  const { limits } = scope;
  const plugins: readonly DockPlugin[] = [
    {
      name: 'dock:source',
      apply(dock) {
        dock.hooks.source.tap(
          'dock:source',
          async (request, context) => {
            const begun = scope.early;
            if (begun !== undefined) return begun.take(context);
            const { takeSource } = await import('../source/take-source.js');
            return takeSource(request, { ...context, ...inputs }, limits.sourceMs, scope.job.pathFacts);
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
          async (spec, context) => {
            const options: BuildOptions = {
              signal: context.signal,
              onEvent: (event) => context.emit(event),
              onOutput: (output) => scope.record.outputs.push(output),
              openStandardOutput: scope.context.openStandardOutput,
              ...(limits.buildIdleMs > 0 ? { idleTimeoutMs: limits.buildIdleMs } : {}),
            };
            const { builder } = scope;
            if (!makesImage(spec.outputs)) {
              await (builder ?? context.engine).buildOutputs(spec, options);
              return undefined;
            }
            if (builder === undefined) return context.engine.build(spec, options);
            return builder.build(spec, { ...options, destination: imageDestination(scope, builder.name, spec) });
          },
          { stage: 1_000_000, timeoutMs: none(0) },
        );
      },
    },
  ];
  for (const plugin of plugins) builtIn.add(plugin);
  return plugins;
}
