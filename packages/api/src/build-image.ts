import { resolve } from 'node:path';
import {
  type BuildRequest,
  type BuildResult,
  DockError,
  type DockPlugin,
  type DockRunner,
  here,
  optionSchemas,
  type SchemaBuilders,
} from '@dock/core';
import { callKinds, type CallSchemas, checkCall } from './check-call.js';
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
export function runSchemas(z: SchemaBuilders): CallSchemas<keyof RunOptions> {
  const { text, object, anything, function: listener } = callKinds(z);
  return {
    ...{ host: text, context: text, env: object, cwd: text, onEvent: listener, runId: text },
    ...{ signal: anything, forceSignal: anything, stateDir: anything, openStandardOutput: listener },
  };
}

/** The keys of {@link BuildOptions}. */
export function buildSchemas(z: SchemaBuilders): CallSchemas<keyof BuildOptions> {
  const { text, list, boolean, object } = callKinds(z);
  return {
    ...runSchemas(z),
    ...{ plugins: list, push: boolean, parentRegistry: text, runner: object, configFile: text },
  };
}

/**
 * Build an image, and publish it when asked to. What the run meets, good or bad, is in the result ({@link throwIfFailed} turns a failed one into
 * an exception); only a mistake in the call itself is thrown.
 *
 * @throws CONFIG_INVALID for an argument of a wrong type or an unknown key
 */
export async function buildImage(request: BuildRequest, options: BuildOptions = {}): Promise<BuildResult> {
  const z = await import('@dock/core/schema');
  const requestSchemas = { source: z.looseObject({}), tags: callKinds(z).texts, ...optionSchemas(z) };
  checkCall(z, request, requestSchemas, 'the request of buildImage');
  checkCall(z, options, buildSchemas(z), 'the options of buildImage');
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
