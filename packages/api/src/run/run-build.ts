import type { Writable } from 'node:stream';
import {
  type BuildRequest,
  type BuildResult,
  type DockEvent,
  type DockRunner,
  type StateLine,
  type WarningDocument,
  createRunId,
  here,
  toDockError,
} from '@dock/core';
import { withImageWishes } from '@dock/core/internal';
import { insideEntry } from '../inside-entry.js';
import { type PluginChoice, assemblePlugins, isPushAsked, standardPluginsLater } from './assemble-plugins.js';
import { collectDeadRuns, deadRuns } from '../gc/collect-dead-runs.js';
import { connectToBuilder } from './connect-builder.js';
import { type EngineChoice, connectionOf, connectToEngine, connectToRegistry, hostCredentials } from './connect.js';
import { pluginOrigin } from './plugin-origin.js';
import { stateDirectory, tempDirectory } from './directories.js';
import { withDockerSurroundings } from './docker-surroundings.js';
import { failedStart } from './failed-start.js';
import { prepareInTime } from './prepare-in-time.js';
import { pruneRuns } from './prune-runs.js';
import { type Environment, readSurroundings, type Surroundings } from './surroundings.js';

/** What every call that runs something takes. */
export interface RunOptions extends EngineChoice {
  /** @default the process's, read once at the call */
  readonly env?: Environment;
  /** The directory that relative paths start from. @default the process's */
  readonly cwd?: string;
  /** Cancels the run; reason `SIGINT` or `SIGTERM` gives exit status 130 or 143. */
  readonly signal?: AbortSignal;
  /** Does not wait any longer for taps that do not stop. */
  readonly forceSignal?: AbortSignal;
  /** Receives each event, masked and stamped. A build waits for a promise that it returns before it reads more output: so a slow listener needs no memory. */
  readonly onEvent?: (event: DockEvent) => unknown;
  /** Directory for `<run>/events.ndjson` and `<run>/result.json`, of which the last 50 are kept; `false` writes none. @default `$XDG_STATE_HOME/dock/runs` */
  readonly stateDir?: string | false;
  /** @default a new one */
  readonly runId?: string;
  /** Where an output with `dest=-` goes; without it such an output is refused. The stream is ended after the last byte. */
  readonly openStandardOutput?: () => Writable;
}

/** What a run inside of another is given beside. */
export interface InsideRunOptions extends RunOptions {
  /** With `stateDir: false`: receives what must be known should this process be killed. */
  readonly onStateLine?: (line: StateLine) => void;
  /** Hears of each value that is masked from now on. */
  readonly onSecret?: (value: string) => void;
}

/** What is to be built, once it is known: made in the run's own time, so that a config that cannot be loaded has a result too. */
export interface PreparedBuild extends PluginChoice {
  readonly request: BuildRequest;
  /** @default here() */
  readonly runner?: DockRunner;
  /** The config file that the plugins come from; container runners need it. */
  readonly configFile?: string;
  /** Wins over the options' own. */
  readonly engine?: EngineChoice;
  /** The run is the one inside of a build container, which starts no other. @default false */
  readonly isInside?: boolean;
  /** The image is there: nothing of docker's surroundings (platform, proxies) counts. @default false */
  readonly isBuilt?: boolean;
}

/**
 * Run a build. What `prepare` warns of is in the result, however the run ends. It never rejects for what the run meets, and that includes what `prepare` throws: the outcome is the result, and its
 * file is written before it is returned.
 */
export async function runBuild(
  prepare: (warn: (warning: WarningDocument) => void) => Promise<PreparedBuild>,
  options: InsideRunOptions = {},
): Promise<BuildResult> {
  const startedAt = new Date();
  const runId = options.runId ?? createRunId();
  const { onEvent } = options;
  const warnings: WarningDocument[] = [];
  const fail = (error: unknown, stateDir?: string) =>
    failedStart({
      runId,
      startedAt,
      error: toDockError(error),
      warnings,
      ...(stateDir === undefined ? {} : { stateDir }),
      ...(onEvent === undefined ? {} : { onEvent }),
    });
  let surroundings: Surroundings;
  try {
    surroundings = readSurroundings(options);
  } catch (error) {
    return fail(error, options.stateDir === false ? undefined : options.stateDir);
  }
  const stateDir = options.stateDir === false ? undefined : (options.stateDir ?? stateDirectory(surroundings));
  const dead = stateDir === undefined ? [] : deadRuns(stateDir);
  let pruning: Promise<void> | undefined;
  const prune = () => (pruning ??= stateDir === undefined ? Promise.resolve() : pruneRuns(stateDir));
  try {
    const prepared = await prepareInTime(async () => prepare((warning) => warnings.push(warning)), options.signal);
    const { configFile, runner = here() } = prepared;
    const choice = prepared.engine ?? options;
    const asked =
      prepared.isBuilt === true
        ? prepared.request
        : await withDockerSurroundings(prepared.request, surroundings, choice, (warning) => warnings.push(warning));
    const { request, push } = withImageWishes(asked, isPushAsked(prepared, asked));
    const selection = push ? { ...prepared, push } : prepared;
    const isLate = prepared.plugins === undefined && runner.name === 'here';
    const plugins = isLate ? [] : await assemblePlugins(selection, request);
    const tempDir = tempDirectory(surroundings);
    return await runner.run(
      {
        request,
        plugins,
        ...(isLate ? { latePlugins: standardPluginsLater(selection, request) } : {}),
        origin: pluginOrigin(selection),
        ...(runner.name === 'here' || prepared.isInside === true ? {} : { inside: insideEntry() }),
        ...(configFile === undefined ? {} : { configFile }),
      },
      {
        runId,
        tempDir,
        cwd: surroundings.cwd,
        env: surroundings.env,
        connectEngine: async (run) => {
          // While the engine answers: at the end somebody waits for it.
          void prune();
          const engine = await connectToEngine(choice, surroundings, run);
          if (dead.length > 0) await collectDeadRuns(dead, engine, await connectionOf(choice, surroundings), run);
          return engine;
        },
        connectRegistry: async (run) => connectToRegistry(surroundings, run),
        connectBuilder: async (builder, run) => connectToBuilder(builder, choice, surroundings, run),
        credentials: hostCredentials(surroundings),
        onOpen: (voice) => warnings.forEach((warning) => voice.warn(warning)),
        ...(onEvent === undefined ? {} : { onEvent }),
        ...(options.openStandardOutput === undefined ? {} : { openStandardOutput: options.openStandardOutput }),
        ...(options.onStateLine === undefined ? {} : { onStateLine: options.onStateLine }),
        ...(options.onSecret === undefined ? {} : { onSecret: options.onSecret }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
        ...(options.forceSignal === undefined ? {} : { forceSignal: options.forceSignal }),
        ...(stateDir === undefined ? {} : { stateDir }),
      },
    );
  } catch (error) {
    return fail(error, stateDir);
  } finally {
    await prune();
  }
}
