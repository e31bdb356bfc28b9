import { accessSync, constants, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import {
  type BuildJob,
  type BuildResult,
  type DockEvent,
  type DockRunner,
  runPipeline,
  RunWitness,
  type RunVoice,
  type StateLine,
  toDockError,
  writeWhole,
} from '@dock/core';
import { faultError, needsContainerdStore } from '@dock/core/internal';
import {
  type AnnouncedSecret,
  eventDescriptor,
  type JobDocument,
  type KeptState,
  places,
  type Refusal,
  type SecretsDocument,
} from '../protocol.js';
import { connectInside, connectRegistryInside, type InsideConnection } from './connect-inside.js';
import { openControlChannel } from './control-channel.js';
import { insideEnvironment } from './environment.js';
import { createEventChannel } from './event-channel.js';
import { exitStatusOf } from './exit-status.js';
import { writeCertificates } from './inner-engine/certificates.js';
import { openInnerEngine } from './inner-engine/open-inner-engine.js';
import { captureOutput } from './output-capture.js';
import { createRunWords } from './run-words.js';

/** A run inside a build container, for whoever loads the config and assembles the plugins. */
export interface InsideRun {
  readonly job: JobDocument;
  /** The request, with the git URL as it was given. */
  readonly request: JobDocument['request'];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly signal: AbortSignal;
  readonly forceSignal: AbortSignal;
  /** Runs the pipeline in this process under the host's name for it. */
  readonly runner: DockRunner;
  readonly onEvent: (event: DockEvent) => void;
  readonly onStateLine: (line: StateLine) => void;
  readonly onSecret: (value: string) => void;
}

/**
 * Run a job inside a build container: take the secrets from the host, run the pipeline, write the result, and end with its exit status. It never returns.
 *
 * @param run Starts the run; its result is what counts.
 */
export async function runInside(run: (inside: InsideRun) => Promise<BuildResult>): Promise<void> {
  process.exit(await exitStatusOf(async () => runToEnd(run), print));
}

/** @returns the exit status */
async function runToEnd(run: (inside: InsideRun) => Promise<BuildResult>): Promise<number> {
  const send = createEventChannel(eventDescriptor);
  const job = JSON.parse(readFileSync(places.job, 'utf8')) as JobDocument;
  const control = openControlChannel(process.stdin);
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => control.cancel(name));
  const secrets = await control.secrets.catch(() => process.exit(143));
  const words = createRunWords(print);
  const { say } = words;
  const output = captureOutput((line) => say((voice) => voice.log('info', line, 'build-container')));
  const certificates = writeCertificates(job.engine);
  const missed = new Set<string>();
  const own = { ...process.env };
  const watchedEnvironment = () =>
    insideEnvironment({
      own,
      passed: {
        ...(certificates === undefined ? {} : { GIT_SSL_CAINFO: certificates }),
        // For the docker CLI and libraries that plugins use.
        ...(job.engine.kind === 'socket' ? { DOCKER_HOST: `unix://${job.engine.socketPath}` } : {}),
        ...secrets.env,
      },
      hostVariables: job.hostVariables,
      onMissing: (name) => {
        if (!missed.has(name)) say((voice) => voice.warn(notPassed(name)));
        missed.add(name);
      },
    });
  const env = watchedEnvironment();
  process.env = env as NodeJS.ProcessEnv;
  refuseWithoutGit(job, env, send);
  // It comes up while the config is loaded and the plugins are assembled.
  const inner = openInnerEngine(job.engine, {
    env,
    signal: control.signal,
    hasContainerdStore: needsContainerdStore(job.request),
    warn: (warning) => say((voice) => voice.warn(warning)),
  });
  const witness = new RunWitness(job.runId);
  let seq = 0;
  const onEvent = (event: DockEvent): void => {
    seq = event.seq;
    witness.onEvent(event);
    send(event);
    // The last moment in which the run takes words: a line without an end is one too.
    if (event.type === 'phase.end' && event.phase === 'cleanup') output.flush();
  };
  const onExit = (): void => {
    process.exitCode = 70;
    output.release();
    words.end();
    const why = 'Something ended the process in the middle of the run: a plugin or the config called process.exit.';
    const hint = 'Look for process.exit in the plugins of the run.';
    const result = witness.abandoned({ code: 'INTERNAL', exitStatus: 70, message: why, hint, endedAt: new Date() });
    try {
      writeResult(result);
    } catch (error) {
      print(`dock: the result cannot be written: ${toDockError(error).message}`);
    }
    const stamp = { v: 1, time: new Date().toISOString(), run: job.runId };
    const { error, status, exitStatus, durationMs } = result;
    send({ ...stamp, seq: seq + 1, type: 'error', error });
    send({ ...stamp, seq: seq + 2, type: 'run.end', status, exitStatus, durationMs });
  };
  process.on('exit', onExit);
  process.on('uncaughtException', (fault) => control.cancel(faultReason(fault)));
  process.on('unhandledRejection', (fault) => control.cancel(faultReason(fault)));
  const result = await run({
    job,
    request: withSourceUrl(job, secrets),
    env,
    cwd: job.request.source.kind === 'path' ? places.source : places.temp,
    signal: control.signal,
    forceSignal: control.forceSignal,
    runner: insideRunner(
      { job, secrets, env, innerEngine: inner?.ready },
      Object.freeze(watchedEnvironment()),
      (voice) => {
        for (const value of secrets.mask) voice.addSecret(value);
        words.open(voice);
      },
    ),
    onEvent,
    onStateLine: (state) => send({ state } satisfies KeptState),
    onSecret: announceTo(send, secrets.mask),
  });
  process.off('exit', onExit);
  output.release();
  words.end();
  writeResult(result);
  if (job.isHeld && result.status === 'ok') await control.released;
  await inner?.stop(result.status === 'cancelled');
  return result.exitStatus;
}

/** What the run inside learns of secrets, its host must know: it masks what programs print past this process, and searches what it publishes. */
function announceTo(send: (value: AnnouncedSecret) => void, known: readonly string[]): InsideRun['onSecret'] {
  const told = new Set(known);
  return (secret) => {
    if (told.has(secret)) return;
    told.add(secret);
    send({ secret });
  };
}

/** To the standard error that was there before anything was captured. */
function print(line: string): void {
  writeWhole(2, `${line}\n`);
}

function insideRunner(
  inside: Omit<InsideConnection, 'signal' | 'addSecret' | 'note' | 'limits'>,
  pluginEnv: InsideRun['env'],
  onOpen: (voice: RunVoice) => void,
): DockRunner {
  const { job } = inside;
  return {
    name: job.runner,
    run: (given: BuildJob, context) =>
      runPipeline(
        { ...given, ...(job.pathFacts === undefined ? {} : { pathFacts: job.pathFacts }) },
        {
          ...context,
          // The call has made a copy of the environment, which does not tell what was read in vain.
          env: pluginEnv,
          secretEnv: inside.secrets.buildSecrets,
          onOpen,
          connectRegistry: (run) => connectRegistryInside(inside.secrets, run),
          connectEngine: (run) =>
            connectInside({
              ...inside,
              signal: run.signal,
              addSecret: (value) => run.addSecret(value),
              note: (what) => run.note?.(what) ?? (() => undefined),
              limits: run.limits,
            }),
        },
        job.runner,
      ),
  };
}

/** What is behind these variables does not exist inside. */
const elsewhere: Readonly<Record<string, string>> = {
  DOCKER_CONFIG: "Its directory is not inside. Credentials travel by the runner's option: credentials: ['HOST'].",
  DOCKER_HOST: 'The engine inside is the one that the runner gives.',
  SSH_AUTH_SOCK: 'An ssh agent does not travel. Give the key: --ssh default=FILE.',
};

function notPassed(name: string) {
  return {
    message: `The variable "${name}" was read, and it did not travel into the build container.`,
    hint: elsewhere[name] ?? `Name it in the runner's option: passEnv: ['${name}'].`,
  };
}

function withSourceUrl({ request }: JobDocument, { sourceUrl }: SecretsDocument): JobDocument['request'] {
  const { source } = request;
  if (sourceUrl === undefined || !('url' in source)) return request;
  return { ...request, source: { ...source, url: sourceUrl } };
}

function refuseWithoutGit({ request }: JobDocument, env: InsideRun['env'], send: (value: Refusal) => void): void {
  if (request.source.kind !== 'git' || hasProgram('git', env['PATH'] ?? '')) return;
  const detail = 'The build image has no git, and the source is a git repository.';
  send({ refusal: { code: 'BUILD_IMAGE_NO_GIT', detail } });
  process.exit(70);
}

function hasProgram(name: string, path: string): boolean {
  return path.split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function faultReason(fault: unknown) {
  const { message, hint, exitStatus } = faultError(fault);
  return { code: 'INTERNAL', message, hint, exitStatus };
}

function writeResult(result: BuildResult): void {
  const temporary = `${places.result}.tmp`;
  writeFileSync(temporary, JSON.stringify(result), { mode: 0o600 });
  renameSync(temporary, places.result);
}
