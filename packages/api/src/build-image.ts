import { resolve } from 'node:path';
import { type BuildRequest, type BuildResult, DockError, type DockPlugin, type DockRunner, here } from '@dock/core';
import { type Fields, checkCall } from './check-call.js';
import { type RunOptions, runBuild } from './run/run-build.js';
import { currentDirectory } from './run/surroundings.js';

/** Options of {@link buildImage} and its siblings. */
export interface BuildOptions extends RunOptions {
  /** In order. @default pullBase() and inspect() */
  readonly plugins?: readonly DockPlugin[];
  /** Publish the image under its tags: `push()` is added when no plugin publishes. @default false */
  readonly push?: boolean;
  /** Registry (`host[:port][/prefix]`) that the base images are taken from. */
  readonly parentRegistry?: string;
  /** Where the pipeline runs. @default here() */
  readonly runner?: DockRunner;
  /** Config file whose plugins take part, for a container runner; relative to `cwd`. */
  readonly configFile?: string;
}

/** The keys of {@link RunOptions}. */
export const runFields = {
  host: 'string',
  context: 'string',
  env: 'object',
  cwd: 'string',
  signal: 'any',
  forceSignal: 'any',
  onEvent: 'function',
  stateDir: 'any',
  runId: 'string',
} as const satisfies Fields & Record<keyof RunOptions, unknown>;

/** The keys of {@link BuildOptions}. */
export const buildFields = {
  ...runFields,
  plugins: 'array',
  push: 'boolean',
  parentRegistry: 'string',
  runner: 'object',
  configFile: 'string',
} as const satisfies Fields & Record<keyof BuildOptions, unknown>;

/** The keys of {@link BuildRequest} besides the source. */
export const requestFields = {
  tags: 'strings',
  targetRegistries: 'strings',
  dockerfile: 'string',
  buildArgs: 'record',
  labels: 'record',
  target: 'string',
  platforms: 'strings',
  builder: 'string',
  noCache: 'boolean',
  pull: 'boolean',
  network: 'string',
  addHosts: 'strings',
  shmSize: 'number',
  ulimits: 'array',
  memory: 'number',
  cacheFrom: 'strings',
  secrets: 'array',
  ssh: 'array',
  trustFrontend: 'boolean',
  publish: 'boolean',
  timeouts: 'object',
} as const satisfies Fields & Record<Exclude<keyof BuildRequest, 'source'>, unknown>;

/**
 * Build an image, and publish it when asked to. What the run meets, good or bad, is in the result ({@link throwIfFailed} turns a failed one into
 * an exception); only a mistake in the call itself is thrown.
 *
 * @throws CONFIG_INVALID for an argument of a wrong type or an unknown key
 */
export async function buildImage(request: BuildRequest, options: BuildOptions = {}): Promise<BuildResult> {
  checkCall(request, { source: 'object!', ...requestFields }, 'The request of buildImage');
  checkCall(options, buildFields, 'buildImage');
  const { plugins, push, parentRegistry, runner, configFile, ...run } = options;
  if (configFile !== undefined && (plugins !== undefined || (runner ?? here()).name === 'here'))
    throw new DockError(
      'CONFIG_INVALID',
      `buildImage: "configFile" is for container runners, and instead of "plugins".`,
      {
        hint: 'In this process, import the plugins and give them as "plugins".',
      },
    );
  return runBuild(
    async () => ({
      request,
      ...(plugins === undefined ? {} : { plugins }),
      ...(push === undefined ? {} : { push }),
      ...(parentRegistry === undefined ? {} : { parentRegistry }),
      ...(runner === undefined ? {} : { runner }),
      ...(configFile === undefined ? {} : { configFile: resolve(run.cwd ?? currentDirectory(), configFile) }),
    }),
    run,
  );
}
