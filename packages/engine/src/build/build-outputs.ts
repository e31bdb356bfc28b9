import { buildWithoutResult } from '@dock/buildkit';
import type { BuildOptions, BuildSpec } from '@dock/core';
import { labelNames } from '../containers/identity-labels.js';
import { type BuildContext, refuseFailure } from './build-image.js';
import { buildkitBuild } from './buildkit-build.js';
import { chooseBuilder } from './choose-builder.js';
import { refuseAbsentBases } from './refuse-absent-bases.js';

/** Build what makes no image, only the outputs of the spec. Success needs the builder's own answer, and every output whole. */
export async function buildOutputs(spec: BuildSpec, context: BuildContext, options: BuildOptions): Promise<void> {
  const { connection, source, env = {} } = context;
  chooseBuilder(spec, await context.describe({ signal: options.signal }));
  await refuseAbsentBases(spec, connection, options.signal);
  const machine = (await context.labels())[labelNames.machine] ?? '';
  try {
    const evidence = await buildkitBuild(
      spec,
      { connection, source, machine, env, onContainer: () => undefined },
      options,
    );
    await refuseFailure(evidence, spec, connection);
    if (evidence.response === undefined) throw buildWithoutResult(evidence.lastLines);
  } catch (error) {
    throw connection.error(error, 'building an image');
  }
}
