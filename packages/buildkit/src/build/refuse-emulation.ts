import { type BuildSpec, DockError, isDockError, parseDockerfile } from '@dock/core';
import { runningStages, runsOn } from '@dock/core/internal';
import type { ControlClient, ControlScope } from '../control/control-client.js';
import { platformsOf } from '../control/worker-platforms.js';

/**
 * Refuse what would run on a platform that no worker of the builder runs, before anything is sent: a stage that only copies builds for every platform.
 *
 * @throws BUILDER_NO_WORKER
 */
export async function refuseEmulation(
  spec: BuildSpec,
  control: Pick<ControlClient, 'listWorkers'>,
  scope: ControlScope = {},
): Promise<void> {
  const { dockerfile, buildArgs, target, platforms, contexts } = spec;
  if (platforms.length === 0 || !/^\s*RUN\b/im.test(dockerfile.text)) return;
  const workers = platformsOf(await control.listWorkers(scope));
  const [buildPlatform] = workers;
  if (buildPlatform === undefined) return;
  for (const targetPlatform of platforms) {
    const variables = { buildArgs, targetPlatform, buildPlatform, ...(target === undefined ? {} : { target }) };
    const stage = stagesOf(spec, variables, contexts).find(({ platform }) => !runsOn(workers, platform));
    if (stage === undefined) continue;
    throw new DockError(
      'BUILDER_NO_WORKER',
      `The RUN of line ${stage.line} needs a worker for "${stage.platform}", and the builder has workers for ${workers.join(', ')}.`,
      {
        hint: 'Install an emulator there, choose another builder, or let the stage run where the builder does: FROM --platform=$BUILDPLATFORM.',
        details: { platform: stage.platform, line: stage.line, workers },
      },
    );
  }
}

function stagesOf(
  { dockerfile }: BuildSpec,
  variables: Parameters<typeof runningStages>[1],
  contexts: BuildSpec['contexts'],
): ReturnType<typeof runningStages> {
  try {
    return runningStages(
      parseDockerfile(dockerfile.text, { path: dockerfile.path, buildArgs: variables.buildArgs ?? {} }),
      variables,
      contexts,
    );
  } catch (error) {
    // The builder tells what is wrong with a Dockerfile.
    if (isDockError(error)) return [];
    throw error;
  }
}
