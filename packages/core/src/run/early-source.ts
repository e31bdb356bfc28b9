import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SourceRequest } from '../contracts/checkout.js';
import type { Logger, SourceContext } from '../contracts/run-context.js';
import type { SourceNeeds } from '../source/source-needs.js';
import type { EarlySource, RunScope } from './run-scope.js';
import { makeDirectory } from './make-directory.js';

/** The private directory of a run for checkouts, noted in the run's state; it is removed at the end of the run. */
export function makeWorkDir({ context, record, cleanup, state }: RunScope): string {
  makeDirectory(context.tempDir);
  const prefix = join(context.tempDir, `${record.runId}-`);
  const onGone = state.note({ kind: 'directory', prefix });
  const workDir = mkdtempSync(prefix);
  cleanup.add('remove the work directory', () => rm(workDir, { recursive: true, force: true, maxRetries: 3 }), {
    onGone,
  });
  return workDir;
}

/** What a run has for taking its source, beside the source. */
export function sourceInputs({
  job,
  env,
  context,
}: RunScope): Pick<SourceNeeds, 'buildSecrets' | 'env' | 'maxContextBytes' | 'ssh'> {
  const { maxContextBytes, secrets, ssh } = job.request;
  return {
    env: { ...env, ...context.secretEnv },
    ...(secrets === undefined ? {} : { buildSecrets: secrets }),
    ...(ssh === undefined ? {} : { ssh }),
    ...(maxContextBytes === undefined ? {} : { maxContextBytes }),
  };
}

/**
 * Begin to fetch a git source while the run is still asking the engine: most of a fetch is waiting. Nothing of it is seen before the source phase, and a run
 * that does not come so far ends it.
 */
export function beginSource(scope: RunScope, request: SourceRequest, workDir: string): EarlySource {
  const stopping = new AbortController();
  const told: ((context: SourceContext) => void)[] = [];
  let listener: SourceContext | undefined;
  const tell = (say: (context: SourceContext) => void) => {
    if (listener === undefined) told.push(say);
    else say(listener);
  };
  let onStart = (): void => undefined;
  const isStarted = new Promise<void>((resolve) => {
    onStart = resolve;
  });
  const log = (level: keyof Logger) => (message: string) => tell(({ logger }) => logger[level](message));
  const needs = {
    workDir,
    cwd: scope.context.cwd,
    signal: AbortSignal.any([scope.signal, stopping.signal]),
    logger: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    warn: (...words: Parameters<SourceContext['warn']>) => tell((context) => context.warn(...words)),
    addSecret: (value: string) => scope.masker.add(value),
    onStart,
    ...sourceInputs(scope),
  };
  const outcome = (async () => {
    const { takeSource } = await import('../source/take-source.js');
    return takeSource(request, needs, scope.limits.sourceMs);
  })();
  // Before its turn nobody waits for it, so that its failure is nobody's; the tap tells it.
  const isOver = outcome.then(
    () => undefined,
    () => undefined,
  );
  scope.cleanup.add('end the fetch of the source', async () => {
    stopping.abort();
    await isOver;
  });
  return {
    started: Promise.race([isStarted, isOver]),
    async take(context) {
      const stop = () => stopping.abort(context.signal.reason);
      context.signal.addEventListener('abort', stop, { once: true });
      if (context.signal.aborted) stop();
      listener = context;
      for (const say of told.splice(0)) say(context);
      return outcome;
    },
  };
}
