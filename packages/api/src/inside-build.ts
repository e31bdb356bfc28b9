/** What a build container starts, as `@dock/api/inside-build`. The bundle of a job imports it, nothing else does. */
import { dirname } from 'node:path';
import { type InsideRun, runInside } from '@dock/build-container/inside';
import { type DockPlugin, parseConfig } from '@dock/core';
import { runBuild } from './run/run-build.js';

/** What the bundle brings. */
export interface InsideBundle {
  /** Imports the config module; absent for the standard plugins. */
  readonly loadConfig?: () => Promise<object>;
}

/** Run the job of this build container, and end the process with its exit status. */
export async function startInside({ loadConfig }: InsideBundle): Promise<void> {
  await runInside((inside) => {
    const { job, request, runner, env, cwd, signal, forceSignal, onEvent, onStateLine, onSecret } = inside;
    const { push, parentRegistry } = job.origin;
    return runBuild(
      async () => {
        const plugins = loadConfig === undefined ? undefined : await configPlugins(loadConfig, inside);
        return {
          request,
          runner,
          isInside: true,
          ...(plugins === undefined ? {} : { plugins }),
          ...(push === undefined ? {} : { push }),
          ...(parentRegistry === undefined ? {} : { parentRegistry }),
        };
      },
      { env, cwd, signal, forceSignal, onEvent, onStateLine, onSecret, runId: job.runId, stateDir: false },
    );
  });
}

/** The plugins of the config, evaluated here; everything else that it says is in the request already. */
async function configPlugins(
  load: () => Promise<object>,
  { job, env }: InsideRun,
): Promise<readonly DockPlugin[] | undefined> {
  const { configFile = '' } = job;
  const module = await load();
  const exported = await ('default' in module ? module.default : module);
  const { plugins } = await parseConfig(exported, configFile, { directory: dirname(configFile), env });
  return plugins;
}
