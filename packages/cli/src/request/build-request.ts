import { dirname, resolve } from 'node:path';
import type { Environment, PreparedBuild } from '@dock/api';
import { type BuildRequest, DockError, type DockConfig, type SourceRequest } from '@dock/core';
import type { BuildFlagValues } from './build-flags.js';
import { parseKeyValues } from './key-values.js';
import { parseBytes } from './parse-bytes.js';
import { type GitOptions, parseSource } from './parse-source.js';
import { parseSecret } from './parse-secret.js';
import { parseSsh } from './parse-ssh.js';
import { parseUlimit } from './parse-ulimit.js';

/** Everything that decides what is built. */
export interface BuildInput {
  /** `PATH | GIT_URL`, where given. */
  readonly source: string | undefined;
  readonly flags: BuildFlagValues;
  readonly config?: DockConfig;
  /** Absolute. */
  readonly configFile?: string;
  readonly cwd: string;
  readonly env: Environment;
}

/**
 * Flags and config as one build; a flag wins over the config, and build args and labels of both are merged.
 *
 * @throws USAGE, INVALID_OPTION
 */
export function prepareBuild(input: BuildInput): PreparedBuild {
  const { flags, config, configFile } = input;
  const { source: _source, image, runner, plugins, ...asked } = config ?? {};
  const source = sourceOf(input);
  const tags = flags.tag ?? (typeof image === 'string' ? [image] : image);
  const request: BuildRequest = {
    ...asked,
    ...withoutUndefined({
      ...requestOfFlags(input),
      tags,
      dockerfile: dockerfileOf(input, source),
      buildArgs: merged(asked.buildArgs, flags['build-arg'], '--build-arg', (key) => input.env[key]),
      labels: merged(asked.labels, flags.label, '--label', () => ''),
      publish: publishOf(flags),
    }),
    source,
  };
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

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Defined<T>;
}

function merged(
  own: Readonly<Record<string, string>> | undefined,
  words: readonly string[] | undefined,
  flag: string,
  missing: (key: string) => string | undefined,
): Readonly<Record<string, string>> | undefined {
  return words === undefined ? own : { ...own, ...parseKeyValues(words, flag, missing) };
}

function requestOfFlags({ flags, cwd, env }: BuildInput) {
  return {
    target: flags.target,
    platforms: flags.platform?.flatMap((each) => each.split(',')),
    builder: flags.builder as BuildRequest['builder'],
    noCache: flags['no-cache'],
    pull: flags.pull,
    network: flags.network,
    addHosts: flags['add-host'],
    shmSize: flags['shm-size'] === undefined ? undefined : parseBytes(flags['shm-size'], '--shm-size'),
    memory: flags.memory === undefined ? undefined : parseBytes(flags.memory, '--memory'),
    ulimits: flags.ulimit?.map(parseUlimit),
    cacheFrom: flags['cache-from'],
    secrets: flags.secret?.map((each) => parseSecret(each, cwd, env)),
    ssh: flags.ssh?.map((each) => parseSsh(each, cwd, env)),
    trustFrontend: flags['trust-frontend'],
    targetRegistries: flags['target-registry'],
  };
}

/** The argument, else the config's source, else the directory of the config, else the one that the user started in. */
function sourceOf({ source, flags, config, configFile, cwd }: BuildInput): SourceRequest {
  const git: GitOptions = { ref: flags['git-commit'], allowedSchemes: flags['git-scheme'] };
  if (source !== undefined) return parseSource(source, cwd, git);
  const base = configFile === undefined ? cwd : dirname(configFile);
  const own = config?.source ?? '.';
  if (typeof own === 'string') return parseSource(own, base, git);
  if (own.kind === 'path') return parseSource(own.path, base, git);
  return { ...own, ...withoutUndefined(git) };
}

/** As with docker, `--file` beside a directory is relative to where the user stands; in a git repository, to the context. */
function dockerfileOf({ flags, cwd }: BuildInput, source: SourceRequest): string | undefined {
  if (flags.file === undefined) return undefined;
  if (flags.file === '') {
    throw new DockError('USAGE', 'The name of the Dockerfile is empty ("--file=").', {
      hint: 'Name a file, or leave the flag out.',
    });
  }
  if (flags.file === '-') {
    throw new DockError('USAGE', 'dock cannot read the Dockerfile from standard input ("--file -").', {
      hint: 'Name a file.',
    });
  }
  return source.kind === 'path' ? resolve(cwd, flags.file) : flags.file;
}
