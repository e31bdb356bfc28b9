import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildSpec, TargetReference } from '../contracts/build-spec.js';
import type { Checkout } from '../contracts/checkout.js';
import type { DockEvent } from '../contracts/event.js';
import type { BuiltImage } from '../contracts/image.js';
import type { BuildResult } from '../contracts/result.js';
import type { BuildJob, RunnerContext } from '../contracts/runner.js';
import { DockError } from '../errors/dock-error.js';
import { toDockError } from '../errors/error-document.js';
import { createEventSink } from '../events/event-sink.js';
import { openLogFile } from '../events/log-file.js';
import { cancellation } from '../hooks/guard.js';
import { checkPlugins } from '../hooks/check-plugins.js';
import { createHookSet } from '../hooks/hook-set.js';
import { createSecretMasker } from '../masking/secret-masker.js';
import { dockVersion } from '../version.js';
import { builtInPlugins } from './built-in.js';
import { callHook } from './call-hook.js';
import { CleanupStack } from './cleanup-stack.js';
import { hasCommand } from './has-command.js';
import { limitsOf } from './limits.js';
import { prepareSpec } from './prepare-spec.js';
import { nameImage, publish } from './publish.js';
import { writeResultFile } from './result-file.js';
import { runPhase } from './run-phase.js';
import { RunRecord } from './run-record.js';
import type { RunScope } from './run-scope.js';
import { targetReferences } from './target-references.js';

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
  const run = openRun(job, context, runner);
  const { scope, record } = run;
  scope.emit({ type: 'run.start', source: describeSource(job), runner, versions: { ...record.versions } });
  try {
    await runPhases(scope);
  } catch (error) {
    record.fail(toDockError(error));
  }
  await cleanUp(scope);
  return run.close();
}

async function runPhases(scope: RunScope): Promise<void> {
  const { job, record } = scope;
  const names = await runPhase(scope, 'config', () => configure(scope));
  await runPhase(scope, 'endpoint', () => connect(scope));
  const checkout = await runPhase(scope, 'source', () => takeSource(scope));
  const spec = await runPhase(scope, 'prebuild', async () => {
    const first = await prepareSpec(job.request, checkout, names, scope.warn);
    record.spec = first;
    const last = (await callHook(scope, 'prebuild', [first], { checkout })) as BuildSpec;
    record.spec = last;
    return last;
  });
  const built = await runPhase(scope, 'build', async () => {
    const image = (await callHook(scope, 'build', [spec], { checkout })) as BuiltImage | undefined;
    if (image === undefined) throw new DockError('BUILD_FAILED', 'No tap of the build hook built an image.');
    record.image = image;
    return image;
  });
  const image = await runPhase(scope, 'prepublish', async () => {
    const final = (await callHook(scope, 'prepublish', [built], { checkout, spec })) as BuiltImage;
    record.image = final;
    return final;
  });
  const references = await runPhase(scope, 'postbuild', async () => {
    const final = (await callHook(scope, 'postbuild', [spec.references, image], {
      checkout,
      spec,
    })) as readonly TargetReference[];
    await nameImage(scope, image, final);
    return final;
  });
  if (scope.isPublishing) await runPhase(scope, 'push', () => publish(scope, image, references, { checkout, spec }));
}

async function configure(scope: RunScope): Promise<TargetReference[]> {
  const references = targetReferences(scope.job.request);
  const plugins = [...scope.job.plugins, ...builtInPlugins(scope.limits)];
  const checked = await checkPlugins(plugins, dockVersion, (command) => hasCommand(command, scope.context.env));
  scope.hooks = await createHookSet(checked, dockVersion);
  return references;
}

async function connect(scope: RunScope): Promise<void> {
  const engine = await scope.context.connectEngine({
    signal: scope.signal,
    addSecret: (value) => scope.masker.add(value),
  });
  scope.engine = engine;
  const description = await engine.describe({ signal: scope.signal });
  scope.record.versions['engine'] = description.version;
  scope.record.versions['engineApi'] = description.apiVersion;
}

async function takeSource(scope: RunScope): Promise<Checkout> {
  const { request } = scope.job;
  mkdirSync(scope.context.tempDir, { recursive: true, mode: 0o700 });
  const workDir = await mkdtemp(join(scope.context.tempDir, `${scope.record.runId}-`));
  scope.cleanup.add('remove the work directory', () => rm(workDir, { recursive: true, force: true, maxRetries: 3 }));
  const checkout = (await callHook(scope, 'source', [request.source], { request: request.source, workDir })) as
    | Checkout
    | undefined;
  if (checkout === undefined)
    throw new DockError('SOURCE_NOT_FOUND', `Nothing understands the source ${describeSource(scope.job)}.`);
  scope.record.checkout = checkout;
  return checkout;
}

/** The cleanup phase: always, whatever came before. Its failures are warnings. */
async function cleanUp(scope: RunScope): Promise<void> {
  const began = performance.now();
  const { record } = scope;
  scope.phase = 'cleanup';
  scope.emit({ type: 'phase.start', phase: 'cleanup' });
  if (scope.hooks.count('cleanup') > 0) {
    const { status, exitStatus, image, published, unpublished, error } = record.result();
    const outcome = {
      status,
      exitStatus,
      published,
      unpublished,
      ...(image === undefined ? {} : { image }),
      ...(error === undefined ? {} : { error }),
    };
    await callHook(scope, 'cleanup', [outcome]);
  }
  await scope.cleanup.run((error) => scope.warn({ message: error.message, hint: error.hint, code: error.code }));
  const durationMs = Math.round(performance.now() - began);
  scope.emit({ type: 'phase.end', phase: 'cleanup', status: 'ok', durationMs });
  record.endPhase('cleanup', 'ok', durationMs);
}

/** Everything a run holds open, and how it is closed: sink, log file, limits, engine. */
function openRun(
  job: BuildJob,
  context: RunnerContext,
  runner: string,
): { scope: RunScope; record: RunRecord; close(): Promise<BuildResult> } {
  const masker = createSecretMasker();
  const record = new RunRecord(context.runId, runner, { dock: dockVersion, node: process.versions.node });
  const directory = context.stateDir === undefined ? undefined : join(context.stateDir, context.runId);
  const log = directory === undefined ? undefined : openLogFile(directory);
  record.logFile = log?.path;
  const writers = [(event: DockEvent) => log?.write(JSON.stringify(event))];
  let listener = context.onEvent;
  writers.push((event) => {
    try {
      listener?.(event);
    } catch (error) {
      // A broken listener must not break the run; it is told once and not called again.
      listener = undefined;
      record.warnings.push({
        message: `The event listener threw and is no longer called: ${error instanceof Error ? error.message : String(error)}`,
      });
    }
  });
  const sink = createEventSink(context.runId, masker, writers);
  const controller = new AbortController();
  const onAbort = () => controller.abort(context.signal?.reason);
  if (context.signal?.aborted === true) onAbort();
  context.signal?.addEventListener('abort', onAbort, { once: true });
  const limits = limitsOf(job.request.timeouts);
  const deadline =
    limits.runMs > 0
      ? setTimeout(
          () =>
            controller.abort(
              new DockError('TIMEOUT', `The run took longer than ${limits.runMs} ms.`, {
                hint: 'Raise timeouts.runMs.',
              }),
            ),
          limits.runMs,
        )
      : undefined;
  const publishes = job.plugins.some((plugin) => (plugin as { publishes?: boolean } | undefined)?.publishes === true);
  const scope: RunScope = {
    job,
    context,
    record,
    masker,
    limits,
    cleanup: new CleanupStack(),
    signal: controller.signal,
    stop: (error) => controller.abort(error),
    isPublishing: publishes && job.request.publish !== false,
    hooks: { call: async () => undefined, count: () => 0 },
    engine: notConnected(),
    phase: 'config',
    emit: (event) => sink.emit(event),
    warn: (warning) => {
      const masked = masker.maskValue(warning);
      record.warnings.push(masked);
      sink.emit({ type: 'warning', ...masked });
    },
  };
  const close = async (): Promise<BuildResult> => {
    clearTimeout(deadline);
    context.signal?.removeEventListener('abort', onAbort);
    if (scope.signal.aborted && record.error === undefined) record.fail(cancellation(scope.signal.reason));
    try {
      await scope.engine.close();
    } catch (error) {
      scope.warn({
        message: `Closing the engine's sockets failed: ${error instanceof Error ? error.message : String(error)}`,
      });
    }
    sink.flush();
    const { error } = record.result();
    if (error !== undefined) sink.emit({ type: 'error', error });
    const { status, exitStatus, durationMs } = record.result();
    sink.emit({ type: 'run.end', status, exitStatus, durationMs });
    log?.close();
    const result = masker.maskValue(record.result());
    if (directory !== undefined) writeResultFile(directory, result);
    return result;
  };
  return { scope, record, close };
}

function describeSource(job: BuildJob): string {
  const { source } = job.request;
  return source.kind === 'git' ? `"${source.url.replace(/\/\/[^/@]*@/, '//xxxxx@')}"` : `"${source.path}"`;
}

/** Stands for the engine before the endpoint phase: only `close` is there. */
function notConnected(): RunScope['engine'] {
  return { close: async () => undefined } as unknown as RunScope['engine'];
}
