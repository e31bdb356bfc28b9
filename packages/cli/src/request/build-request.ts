import { dirname, resolve } from 'node:path';
import type { Environment, PreparedBuild } from '@dock/api';
import { type BuildRequest, type DockConfig, DockError, type SourceRequest } from '@dock/core';
import { withOptionPaths } from '@dock/core/internal';
import type { BuildFlagValues } from './build-flags.js';
import type { StandardInput } from './read-standard-input.js';
import { optionsOfFlags } from './option-flags.js';
import { type GitOptions, parseSource } from './parse-source.js';

/** Everything that decides what is built. */
export interface BuildInput {
  /** `PATH | URL`, where given. */
  readonly source: string | undefined;
  readonly flags: BuildFlagValues;
  /** What standard input brought, where the source or the Dockerfile is `-`. */
  readonly input?: StandardInput;
  readonly config?: DockConfig;
  /** Absolute. */
  readonly configFile?: string;
  readonly cwd: string;
  readonly env: Environment;
}

/**
 * Flags and config as one build; a flag wins over the config, and build args and labels of both are merged.
 *
 * @throws USAGE, INVALID_OPTION, CONFIG_INVALID
 */
export function prepareBuild(input: BuildInput): PreparedBuild {
  const { flags, config, configFile, cwd, env } = input;
  const { source: _source, image, runner, plugins, dockerfile, dockerfileText, ...written } = config ?? {};
  const configDirectory = configFile === undefined ? cwd : dirname(configFile);
  const asked = withOptionPaths(written, (path) => resolve(configDirectory, path));
  const source = sourceOf(input);
  const hasTemplates = asked.labels !== undefined || asked.buildArgs !== undefined;
  const tags = flags.tag ?? (typeof image === 'string' ? [image] : image);
  const ownDockerfile = flags.file === undefined ? withoutUndefined({ dockerfile, dockerfileText }) : {};
  const fromInput = input.input?.dockerfileText;
  const dockerfileOf = fromInput === undefined ? {} : { dockerfileText: fromInput };
  const request: BuildRequest = {
    ...asked,
    ...(fromInput === undefined ? ownDockerfile : dockerfileOf),
    ...optionsOfFlags(fromInput === undefined ? flags : { ...flags, file: undefined }, asked, {
      cwd,
      env,
      source,
      hasTemplates,
    }),
    ...withoutUndefined({ tags, publish: publishOf(flags), load: flags.load }),
    ...(hasTemplates ? { hasTemplates } : {}),
    source,
  };
  checkPublish(flags, request);
  return {
    request,
    ...withoutUndefined({ plugins, runner, configFile, parentRegistry: flags['parent-registry'], push: flags.push }),
  };
}

/** `--push=false` beside a `push()` in the config publishes nothing, as `--no-push` does. */
function publishOf(flags: BuildFlagValues): boolean | undefined {
  if (flags['no-push'] === true || flags.push === false) return false;
  return flags['no-push'] === false ? true : undefined;
}

/** @throws CONFIG_INVALID when a flag asks for what the config forbids: nothing would be published, and nothing said */
function checkPublish(flags: BuildFlagValues, { publish }: BuildRequest): void {
  if (publish !== false || flags['no-push'] === true || flags.push === false) return;
  const flag =
    flags.push === true ? '--push' : flags['target-registry'] === undefined ? undefined : '--target-registry';
  if (flag === undefined) return;
  throw new DockError(
    'CONFIG_INVALID',
    `${flag} asks for publishing, and the config forbids it: it has "publish: false".`,
    {
      hint: 'Take "publish: false" out of the config, or give --no-push=false, which wins over it.',
    },
  );
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Defined<T>;
}

/** The argument, else the config's source, else the directory of the config, else the one that the user started in. */
function sourceOf({ source, flags, config, configFile, cwd, input }: BuildInput): SourceRequest {
  if (input?.source !== undefined) return input.source;
  const git: GitOptions = {
    ref: flags['git-commit'],
    allowedSchemes: flags['git-scheme'],
    gitCredentials: flags['git-credentials'] as GitOptions['gitCredentials'],
    submodules: flags['no-submodules'] === true ? false : undefined,
  };
  if (source !== undefined) return parseSource(source, cwd, git);
  const base = configFile === undefined ? cwd : dirname(configFile);
  const own = config?.source ?? '.';
  if (typeof own === 'string') return parseSource(own, base, git);
  if (own.kind === 'path') return parseSource(own.path, base, git);
  if (own.kind === 'archive-file') return { ...own, file: resolve(base, own.file) };
  return own.kind === 'git' ? { ...own, ...withoutUndefined(git) } : own;
}
