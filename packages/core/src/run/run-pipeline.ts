import { randomBytes } from 'node:crypto';
import type { BuildSpec, TargetReference } from '../contracts/build-spec.js';
import type { Checkout, SourceRequest } from '../contracts/checkout.js';
import type { BuiltImage } from '../contracts/image.js';
import type { RunOutcome } from '../contracts/plugin.js';
import type { BuildResult } from '../contracts/result.js';
import type { BuildJob, RunnerContext } from '../contracts/runner.js';
import { DockError } from '../errors/dock-error.js';
import { toDockError } from '../errors/error-document.js';
import { isEngineBuilder } from '../options/builder-choice.js';
import { plainCopy } from '../hooks/plain-value.js';
import { askedSource } from './asked-source.js';
import { withBuilderSecrets } from './builder-secrets.js';
import { builtInPlugins } from './built-in.js';
import { callHook } from './call-hook.js';
import { checkJob } from './check-job.js';
import { CleanupBudget } from './cleanup-budget.js';
import { connectRunEngine, connectToBuilder, refuseOtherBuilder } from './connect-to-builder.js';
import { describeSource } from './describe-source.js';
import type { LookScope } from './base-triggers.js';
import { beginSource, makeWorkDir, sourceInputs } from './early-source.js';
import { imageNeedsOf, refuseUnreachableImage } from './image-destination.js';
import { openRun } from './open-run.js';
import {
  checkOutputs,
  confirmOutputs,
  refuseImagePlugins,
  refuseOtherOutputs,
  warnUnusedNames,
} from './outputs-of-run.js';
import { makesImage } from '../options/outputs.js';
import { prepareSpec } from './prepare-spec.js';
import { publicNames } from './public-names.js';
import { nameImage, publish } from './publish.js';
import { runPhase } from './run-phase.js';
import type { RunScope } from './run-scope.js';
import { fillTexts } from '../template/fill-texts.js';
import { warnAttestations } from './warn-attestations.js';
import { warnUnusedInputs } from './warn-unused-inputs.js';

/** A run ID: sortable by time, unique. */
export function createRunId(): string {
  return `${new Date().toISOString().replaceAll(/[-:]/g, '').slice(0, 15).toLowerCase()}-${randomBytes(4).toString('hex')}`;
}

/**
 * Run the pipeline in this process, from config to cleanup (design §2). It never rejects for what the run meets: the outcome,
 * good or bad, is the result, and the result is written before it is returned.
 *
 * @param runner Name of the runner, for the result.
 */
export async function runPipeline(job: BuildJob, context: RunnerContext, runner: string): Promise<BuildResult> {
  const { scope, close } = openRun(job, context, runner);
  try {
    await runPhases(scope);
  } catch (error) {
    scope.record.fail(toDockError(error));
  }
  scope.endWork();
  await cleanUp(scope);
  return close();
}

async function runPhases(scope: RunScope): Promise<void> {
  const { job, record } = scope;
  if (job.latePlugins !== undefined && job.plugins.length === 0) beginEarly(scope);
  const names = await runPhase(scope, 'config', () => configure(scope));
  if (scope.early === undefined && scope.hooks.count('source') === 1) beginEarly(scope);
  await runPhase(scope, 'endpoint', () => connect(scope));
  const checkout = await runPhase(scope, 'source', () => takeSource(scope));
  const spec = await runPhase(scope, 'prebuild', async () => {
    const filled = {
      ...job.request,
      ...(await fillTexts(job.request, {
        checkout,
        runId: record.runId,
        startedAt: record.startedAt,
      })),
    };
    const first = await prepareSpec(filled, checkout, names, {
      cwd: scope.context.cwd,
      warn: (warning) => scope.warn(warning),
    });
    record.spec = first;
    const changed = (await callHook(scope, 'prebuild', [first], () => ({ checkout }))) as BuildSpec;
    refuseOtherBuilder(scope, changed);
    refuseOtherOutputs(first, changed);
    record.spec = changed;
    const look = lookScope(scope);
    const last = await withBuilderSecrets(changed, filled.source, look, (warning) => scope.warn(warning));
    record.spec = last;
    scope.masker.keepNames(publicNames([...last.references, ...last.bases.map(({ reference }) => reference)]));
    warnAttestations(scope, last);
    await warnUnusedInputs(last, look, (warning) => scope.warn(warning));
    return last;
  });
  const built = await runPhase(scope, 'build', async () => {
    const image = (await callHook(scope, 'build', [spec], () => ({ checkout }))) as BuiltImage | undefined;
    confirmOutputs(scope, spec);
    if (image === undefined && !makesImage(spec.outputs)) return undefined;
    if (image === undefined) throw new DockError('BUILD_FAILED', 'No tap of the build hook built an image.');
    record.image = image;
    return image;
  });
  // Nothing to gate, to name or to publish.
  if (built === undefined) return;
  const image = await runPhase(scope, 'prepublish', async () => {
    const { gateReporter } = await import('./gate-reporter.js');
    const final = (await callHook(scope, 'prepublish', [built], (plugin) => ({
      checkout,
      spec,
      reportGate: gateReporter(scope, plugin),
    }))) as BuiltImage;
    record.image = final;
    return final;
  });
  const references = await runPhase(scope, 'postbuild', async () => {
    const final = (await callHook(scope, 'postbuild', [spec.references, image], () => ({
      checkout,
      spec,
    }))) as readonly TargetReference[];
    await nameImage(scope, image, final);
    return final;
  });
  if (scope.isPublishing) await runPhase(scope, 'push', () => publish(scope, image, references, { checkout, spec }));
}

async function configure(scope: RunScope): Promise<readonly TargetReference[]> {
  const builtIn = builtInPlugins(scope, sourceInputs(scope));
  // Loading keeps this process busy: git is at work before.
  await scope.early?.started;
  const { request, plugins, latePlugins } = scope.job;
  const late = (await latePlugins?.load()) ?? [];
  const all = late.length === 0 ? plugins : [...plugins, ...late];
  const { references, hooks } = await checkJob({ request, plugins: all }, scope.env, builtIn);
  scope.hooks = hooks;
  checkOutputs(request, scope.context.cwd, scope.context.openStandardOutput !== undefined);
  refuseImagePlugins(request, all, hooks);
  warnUnusedNames(request, (warning) => scope.warn(warning));
  scope.needsHistory = all.some(({ requires }) => requires?.gitHistory === true);
  if (isEngineBuilder(request.builder ?? 'auto')) return references;
  scope.imageNeeds = imageNeedsOf(all, request);
  refuseUnreachableImage(all, scope.isPublishing);
  return references;
}

/** A git source that no plugin may take over is fetched while the run gets ready. What is wrong with it is told in its own phase. */
function beginEarly(scope: RunScope): void {
  if (scope.job.request.source.kind !== 'git' || scope.signal.aborted) return;
  const source = plainCopy(askedSource(scope.job.request, scope.needsHistory), 'The source') as SourceRequest;
  try {
    scope.workDir = makeWorkDir(scope);
  } catch {
    // The source phase meets the same, and tells it.
    return;
  }
  scope.early = beginSource(scope, source, scope.workDir);
}

async function connect(scope: RunScope): Promise<void> {
  const { builder = 'auto' } = scope.job.request;
  if (isEngineBuilder(builder)) scope.engine = await connectRunEngine(scope);
  else scope.builder = await connectToBuilder(scope, builder);
}

/** Where no engine builds, none has the bases. */
function lookScope({ engine, builder, signal }: RunScope): LookScope {
  return builder === undefined ? { engine, signal } : { engine: { inspectImage: async () => undefined }, signal };
}

async function takeSource(scope: RunScope): Promise<Checkout> {
  const source = plainCopy(askedSource(scope.job.request, scope.needsHistory), 'The source');
  const workDir = (scope.workDir ??= makeWorkDir(scope));
  const checkout = (await callHook(scope, 'source', [source], () => ({ request: source, workDir }))) as
    | Checkout
    | undefined;
  if (checkout === undefined)
    throw new DockError('SOURCE_NOT_FOUND', `Nothing understands the source "${describeSource(scope.job.request)}".`);
  scope.record.checkout = checkout;
  return checkout;
}

/** The cleanup phase: always, whatever came before. Its failures are warnings. */
async function cleanUp(scope: RunScope): Promise<void> {
  const began = performance.now();
  const { record } = scope;
  scope.phase = 'cleanup';
  scope.emit({ type: 'phase.start', phase: 'cleanup' });
  const budget = new CleanupBudget(scope.signal, scope.context.forceSignal);
  scope.cleaning = { budget, taps: scope.hooks.count('cleanup') };
  const tell = (error: DockError) =>
    scope.warn({
      message: error.message,
      hint: error.hint,
      code: error.code,
      ...(error.plugin === undefined ? {} : { plugin: error.plugin }),
      ...(error.hook === undefined ? {} : { hook: error.hook }),
    });
  try {
    if (scope.cleaning.taps > 0) await callHook(scope, 'cleanup', [outcomeOf(scope.masker.maskValue(record.result()))]);
  } catch (error) {
    tell(toDockError(error));
  }
  scope.cleaning.taps = 0;
  await scope.cleanup.run(budget, tell);
  budget.close();
  const durationMs = Math.round(performance.now() - began);
  scope.emit({ type: 'phase.end', phase: 'cleanup', status: 'ok', durationMs });
  record.endPhase('cleanup', 'ok', durationMs);
}

function outcomeOf({ status, exitStatus, image, published, unpublished, error }: BuildResult): RunOutcome {
  return {
    status,
    exitStatus,
    published,
    unpublished,
    ...(image === undefined ? {} : { image }),
    ...(error === undefined ? {} : { error }),
  };
}
