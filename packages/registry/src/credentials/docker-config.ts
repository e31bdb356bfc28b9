import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { DockError } from '@dock/core';

/** One entry of `auths`. */
export interface AuthEntry {
  /** base64 of `user:password`. */
  readonly auth?: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
  readonly registrytoken?: string;
}

/** What dock reads of docker's `config.json`. */
export interface DockerConfig {
  /** Absolute path of the file, also when it does not exist. */
  readonly file: string;
  /** The path as a person writes it: `~/.docker/config.json`. */
  readonly displayName: string;
  /** As written: an entry is read only for its own host, so that a broken one stops no other. */
  readonly auths: ReadonlyMap<string, unknown>;
  readonly credHelpers: ReadonlyMap<string, unknown>;
  readonly credsStore?: string;
  readonly currentContext?: string;
}

/** Where the docker CLI keeps its state: an environment and a home directory. */
export interface DockerHome {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDir: string;
}

/** The docker CLI's directory: `DOCKER_CONFIG`, else `~/.docker`. */
export function dockerConfigDir({ env, homeDir }: DockerHome): string {
  const dir = env.DOCKER_CONFIG;
  return dir === undefined || dir === '' ? path.join(homeDir, '.docker') : path.resolve(dir);
}

/** A path for messages: below the home directory it begins with `~`. */
export function displayPath(file: string, homeDir: string): string {
  const inside = path.relative(homeDir, file);
  const isBelow = inside !== '' && !inside.startsWith('..') && !path.isAbsolute(inside);
  return isBelow && path.isAbsolute(homeDir) ? `~/${inside}` : file;
}

function broken(displayName: string, why: string): DockError {
  return new DockError('CONFIG_ERROR', `Docker's config "${displayName}" ${why}.`, {
    hint: 'Repair the file, or point DOCKER_CONFIG at another directory; dock does not go on without it.',
  });
}

/** Parse JSON whose text may hold secrets: V8's message quotes the text, so only the position is kept. */
export function parseSecretJson(text: string): { value: unknown } | { problem: string } {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    const line = position === undefined ? undefined : text.slice(0, Number(position)).split('\n').length;
    return { problem: line === undefined ? 'is not valid JSON' : `is not valid JSON (line ${line})` };
  }
}

/** Makes the error of a config that is wrong. */
export type Fail = (why: string) => DockError;

/** The own entries of a JSON object; absent and null are none. */
export function jsonEntries(value: unknown, key: string, fail: Fail): [string, unknown][] {
  if (value === undefined || value === null) return [];
  if (typeof value !== 'object' || Array.isArray(value)) throw fail(`has a "${key}" that is not an object`);
  return Object.entries(value);
}

/** @throws what `fail` makes */
export function jsonString(value: unknown, key: string, fail: Fail): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw fail(`has a "${key}" that is not a string`);
  return value;
}

const entryKeys = ['auth', 'username', 'password', 'identitytoken', 'registrytoken'] as const;

/** The entry of `auths` for a host. @throws CONFIG_ERROR */
export function readAuthEntry({ auths, displayName }: DockerConfig, host: string): AuthEntry {
  const fail: Fail = (why) => broken(displayName, why);
  const value = auths.get(host);
  const fields = new Map(jsonEntries(value, `auths["${host}"]`, fail));
  const entry: { -readonly [K in keyof AuthEntry]: AuthEntry[K] } = {};
  for (const key of entryKeys) {
    const text = jsonString(fields.get(key), `auths["${host}"].${key}`, fail);
    if (text !== undefined) entry[key] = text;
  }
  return entry;
}

/** The helper of `credHelpers` for a host. @throws CONFIG_ERROR */
export function readHelperName({ credHelpers, displayName }: DockerConfig, host: string): string {
  const value = credHelpers.get(host);
  if (typeof value !== 'string') throw broken(displayName, `has a "credHelpers["${host}"]" that is not a string`);
  return value;
}

async function readText(file: string, fail: Fail): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw fail(`cannot be read (${code})`);
  }
}

/** The members of docker's `config.json`, none where the file is not there or empty. */
export interface DockerConfigFields {
  readonly file: string;
  readonly displayName: string;
  readonly fields: ReadonlyMap<string, unknown>;
  readonly fail: Fail;
}

/** @throws CONFIG_ERROR for a file that cannot be read or holds no JSON object */
export async function readConfigFields(home: DockerHome): Promise<DockerConfigFields> {
  const file = path.join(dockerConfigDir(home), 'config.json');
  const displayName = displayPath(file, home.homeDir);
  const fail: Fail = (why) => broken(displayName, why);
  const text = (await readText(file, fail)) ?? '';
  const parsed = text.trim() === '' ? { value: {} } : parseSecretJson(text);
  if ('problem' in parsed) throw fail(parsed.problem);
  if (typeof parsed.value !== 'object' || parsed.value === null || Array.isArray(parsed.value))
    throw fail('is not a JSON object');
  return { file, displayName, fail, fields: new Map(Object.entries(parsed.value)) };
}

/**
 * Read docker's `config.json`. A file that is not there, or is empty, is an empty config; anything else wrong is an error.
 *
 * @throws CONFIG_ERROR
 */
export async function readDockerConfig(home: DockerHome): Promise<DockerConfig> {
  const { file, displayName, fields, fail } = await readConfigFields(home);
  const credsStore = jsonString(fields.get('credsStore'), 'credsStore', fail);
  const currentContext = jsonString(fields.get('currentContext'), 'currentContext', fail);
  return {
    file,
    displayName,
    auths: new Map(jsonEntries(fields.get('auths'), 'auths', fail)),
    credHelpers: new Map(jsonEntries(fields.get('credHelpers'), 'credHelpers', fail)),
    ...(credsStore === undefined ? {} : { credsStore }),
    ...(currentContext === undefined ? {} : { currentContext }),
  };
}
