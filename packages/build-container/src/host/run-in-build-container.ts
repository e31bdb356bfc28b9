import {
  type BuildJob,
  type BuildResult,
  DockError,
  type ImageReference,
  type RunFacts,
  type RunnerContext,
} from '@dock/core';
import { type ElsewhereRun, runElsewhere } from '@dock/core/elsewhere';
import { containerEngine } from '@dock/engine';
import { bundleJob } from '../bundling/bundle-job.js';
import { checkTravels } from '../pack/check-travels.js';
import { type PackedJob, packJob } from '../pack/pack-job.js';
import { places } from '../protocol.js';
import { atOnce } from './at-once.js';
import type { BuildContainerProfile, ContainerShape, HostEngine } from './build-container-profile.js';
import { type BuildImage, checkBuildImage } from './check-build-image.js';
import { collectResult } from './container-outcome.js';
import { runSession } from './container-session.js';
import { buildContainerRequest } from './create-build-container.js';
import { createPlaceNames } from './place-names.js';
import { buildrootReference, pushBuildroot } from './push-buildroot.js';

/**
 * Run a job in a build container: bundle it, put it on the container's volume, start it, pass its events on, read its result, and remove the container with
 * its volumes, whatever happens.
 */
export async function runInBuildContainer(
  profile: BuildContainerProfile,
  job: BuildJob,
  context: RunnerContext,
): Promise<BuildResult> {
  return runElsewhere(job, context, profile.name, async (run) => {
    checkTravels(job, profile.name);
    const { pushBuildrootTo } = profile.options;
    const buildroot =
      pushBuildrootTo === undefined ? undefined : buildrootReference(pushBuildrootTo, job.request, new Date());
    const bundle = bundleJob({
      inside: job.inside as NonNullable<typeof job.inside>,
      ...(job.origin?.kind === 'config' && job.configFile !== undefined ? { configFile: job.configFile } : {}),
    });
    // Waited for in its turn; an earlier failure must not make it an unhandled one.
    bundle.catch(() => undefined);
    const [made, packed] = await atOnce(
      [
        { phase: 'endpoint', work: async (signal) => makeContainer(profile, context, run, signal) },
        {
          phase: 'source',
          work: async (signal, setPhase) =>
            packJob({ job, context, options: profile.options, run, runner: profile.name, bundle, signal, setPhase }),
        },
      ],
      run.signal,
      (phase) => run.setPhase(phase),
    );
    run.setPhase('endpoint');
    await runPacked({ profile, context, run, packed, buildroot, ...made });
  });
}

/** A container that was created and is not started yet. */
interface MadeContainer {
  readonly id: string;
  readonly host: HostEngine;
  readonly image: BuildImage;
  readonly shape: ContainerShape;
  /** To be told: whether it was started, and whether the pipeline came to its own cleanup. */
  readonly end: { wasStarted: boolean; isOrderly: boolean };
}

interface Packed extends MadeContainer {
  readonly profile: BuildContainerProfile;
  readonly context: RunnerContext;
  readonly run: ElsewhereRun;
  readonly packed: PackedJob;
  readonly buildroot: ImageReference | undefined;
}

async function connect(run: ElsewhereRun, signal: AbortSignal): Promise<HostEngine> {
  const port = await run.connectEngine();
  const containers = await containerEngine(port);
  if (containers === undefined) {
    throw new DockError('OPTION_UNSUPPORTED', 'This port to the engine cannot make build containers.', {
      hint: 'Connect by connectEngine of @dock/engine.',
    });
  }
  return { port, containers, description: await run.describeEngine(port, { signal }) };
}

/** Its removal is registered before anything else can happen to it. */
async function makeContainer(
  profile: BuildContainerProfile,
  { runId }: RunnerContext,
  run: ElsewhereRun,
  signal: AbortSignal,
): Promise<MadeContainer> {
  const { options } = profile;
  const host = await connect(run, signal);
  const { containers } = host;
  const image = await checkBuildImage(host, options.buildImage, { signal });
  const create = async (shape: ContainerShape): Promise<{ readonly id: string; readonly shape: ContainerShape }> => {
    const request = buildContainerRequest(image, shape, options, runId);
    return containers.create(request, { signal }).then(
      (id) => ({ id, shape }),
      async (error: unknown) => {
        const other = profile.reshape?.(error);
        if (other !== undefined) return create(other);
        throw profile.explainStartFailure?.(error) ?? error;
      },
    );
  };
  const { id, shape } = await create(await profile.shape(host, { signal }));
  const end = { wasStarted: false, isOrderly: false };
  run.onCleanup(`remove the build container "${id}"`, async (cleanupSignal) => {
    if (options.keep === true && end.wasStarted) run.log('info', keptContainer(id), profile.name);
    else await containers.remove(id, { signal: cleanupSignal });
    // A pipeline that did not come to its own cleanup has left what it made.
    if (!end.isOrderly) await containers.removeOfRun(runId, { signal: cleanupSignal });
  });
  return { id, host, image, shape, end };
}

async function runPacked({ profile, context, run, packed, buildroot, ...made }: Packed): Promise<void> {
  const { id, host, image, shape, end: ending } = made;
  const { containers } = host;
  const { signal } = run;
  const { runId } = context;
  const identityLabels = await containers.identityLabels();
  const archive = packed.archive({ shape, identityLabels, isHeld: profile.whileHeld !== undefined });
  await containers.putArchive(id, places.root, archive, { signal });
  const container = { id, host, run };
  await profile.beforeStart?.(container);
  const rename = createPlaceNames(packed.source.paths);
  run.onResult(rename);
  let facts: RunFacts = {};
  ending.wasStarted = true;
  const everySecret = new Set(packed.everySecret);
  const end = await runSession({
    containers,
    id,
    image: image.name,
    runId,
    run,
    secrets: packed.secrets,
    onEvent: (event) => run.relay(rename(event)),
    // What was made in an engine of the container's own goes with it.
    onState: (line) => {
      if ('facts' in line) facts = { ...facts, ...line.facts };
      if (shape.engine.kind === 'socket' || 'facts' in line) run.keepState(line);
    },
    onSecret: (secret) => {
      everySecret.add(secret);
      run.addSecret(secret);
    },
    forceSignal: context.forceSignal,
    explainStartFailure: (error) => profile.explainStartFailure?.(error) ?? error,
    whileHeld: profile.whileHeld === undefined ? undefined : async () => profile.whileHeld?.(container, facts),
  });
  const { forceSignal } = context;
  const result = await collectResult(
    containers,
    { id, buildImage: image.name, ...end },
    { isCancelled: signal.aborted, forceSignal },
  );
  ending.isOrderly = result.exitStatus !== 70;
  run.setResult(result);
  if (end.heldFault !== undefined) throw end.heldFault.error;
  if (result.status === 'ok') await profile.afterResult?.(result, container);
  if (buildroot === undefined || result.exitStatus !== 0) return;
  const secrets = [...everySecret];
  const pushed = await pushBuildroot({ host, id, image, reference: buildroot, secrets, run });
  run.onResult((value) => ({ ...value, buildroot: pushed }));
}

function keptContainer(id: string): string {
  const short = id.slice(0, 12);
  return (
    `The build container "${short}" is kept. To look into it: docker commit ${short} kept:${short} && ` +
    `docker run --rm -it --volumes-from ${short} --entrypoint sh kept:${short}; to remove it: docker rm -v ${short}`
  );
}
