import { readdir, readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { DockError } from '@dock/core';
import { canonicalPlatform } from '@dock/core/internal';
import { displayPath, dockerConfigDir, type DockerHome, parseSecretJson } from '@dock/registry';

/** One node of a builder, as `docker buildx create` stores it. */
export interface BuildxNode {
  readonly name: string;
  /** An address, a docker context, or for a remote BuildKit its address. */
  readonly endpoint: string;
  /** Platforms that the user gave to it; they come before those that it has. */
  readonly platforms: readonly string[];
  readonly driverOptions: Readonly<Record<string, string>>;
  /** Flags of its daemon: `--allow-insecure-entitlement network.host`. */
  readonly flags: readonly string[];
}

/** One of buildx's builders. */
export interface BuildxBuilder {
  readonly name: string;
  readonly driver: string;
  readonly nodes: readonly BuildxNode[];
  /** For messages: `~/.docker/buildx/instances/x`. */
  readonly file: string;
}

/** Builders of buildx by the names of its files: docker/buildx `store/store.go`. Nothing is ever written. */
export class BuildxStore {
  readonly #home: DockerHome;
  readonly #directory: string;

  constructor(home: DockerHome) {
    this.#home = home;
    const given = home.env.BUILDX_CONFIG;
    this.#directory =
      given === undefined || given === '' ? path.join(dockerConfigDir(home), 'buildx') : path.resolve(given);
  }

  /** The names of all, as they are stored. @throws BUILDER_INVALID when the directory cannot be read */
  async names(): Promise<readonly string[]> {
    const directory = path.join(this.#directory, 'instances');
    try {
      return (await readdir(directory)).filter((name) => namePattern.test(name)).sort();
    } catch (error) {
      if (isAbsent(error)) return [];
      throw this.#invalid(directory, `cannot be read (${codeOf(error)})`);
    }
  }

  /** A builder by its name; buildx takes it in any case. @throws BUILDER_INVALID */
  async find(name: string): Promise<BuildxBuilder | undefined> {
    if (!namePattern.test(name)) return undefined;
    const file = path.join(this.#directory, 'instances', name.toLowerCase());
    const value = await this.#read(file);
    if (value === undefined) return undefined;
    const fail: Fail = (why) => this.#invalid(file, why);
    const stored = fieldsOf(value, '', fail);
    const driver = textOf(stored.Driver, 'Driver', fail);
    return {
      name: textOf(stored.Name, 'Name', fail) || name,
      driver: driver === '' ? 'docker-container' : driver,
      nodes: listOf(stored.Nodes, 'Nodes', fail).map((node, at) => nodeOf(node, `Nodes[${at}]`, fail)),
      file: displayPath(file, this.#home.homeDir),
    };
  }

  /**
   * The name of the builder that `docker buildx use` chose for an endpoint, or for all; undefined where none was, or where it is gone.
   *
   * @param key the docker context, or for the context `default` the engine's address
   * @throws BUILDER_INVALID
   */
  async current(key: string): Promise<string | undefined> {
    const file = path.join(this.#directory, 'current');
    const value = await this.#read(file);
    if (value !== undefined) {
      const fail: Fail = (why) => this.#invalid(file, why);
      const stored = fieldsOf(value, '', fail);
      const name = textOf(stored.Name, 'Name', fail);
      const isValid = stored.Global === true || textOf(stored.Key, 'Key', fail) === key;
      if (name !== '' && isValid && (await this.#has(name))) return name;
    }
    const hash = createHash('sha256').update(key).digest('hex').slice(0, 20);
    const chosen = await this.#text(path.join(this.#directory, 'defaults', hash));
    return chosen !== undefined && chosen !== '' && (await this.#has(chosen)) ? chosen : undefined;
  }

  async #has(name: string): Promise<boolean> {
    return (await this.#text(path.join(this.#directory, 'instances', name.toLowerCase()))) !== undefined;
  }

  async #read(file: string): Promise<unknown> {
    const text = await this.#text(file);
    if (text === undefined || text.trim() === '') return undefined;
    const parsed = parseSecretJson(text);
    if ('problem' in parsed) throw this.#invalid(file, parsed.problem);
    return parsed.value;
  }

  async #text(file: string): Promise<string | undefined> {
    try {
      return await readFile(file, 'utf8');
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw this.#invalid(file, `cannot be read (${codeOf(error)})`);
    }
  }

  #invalid(file: string, why: string): DockError {
    return new DockError('BUILDER_INVALID', `"${displayPath(file, this.#home.homeDir)}" of buildx ${why}.`, {
      details: { file },
    });
  }
}

type Fail = (why: string) => DockError;

/** buildx's own rule (`store/util.go`). */
const namePattern = /^[a-zA-Z][a-zA-Z0-9._-]*$/;

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown error';
const isAbsent = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(codeOf(error));

function nodeOf(value: unknown, at: string, fail: Fail): BuildxNode {
  const node = fieldsOf(value, at, fail);
  const options = Object.entries(fieldsOf(node.DriverOpts ?? {}, `${at}.DriverOpts`, fail));
  return {
    name: textOf(node.Name, `${at}.Name`, fail),
    endpoint: textOf(node.Endpoint, `${at}.Endpoint`, fail),
    platforms: listOf(node.Platforms, `${at}.Platforms`, fail).map((each) => {
      const { os, architecture, variant } = fieldsOf(each, `${at}.Platforms`, fail);
      const platform = canonicalPlatform([os, architecture, variant].filter(Boolean).join('/'));
      if (platform === undefined) throw fail(`has a platform in "${at}" that is none`);
      return platform;
    }),
    driverOptions: Object.fromEntries(
      options.map(([key, option]) => [key, textOf(option, `${at}.DriverOpts.${key}`, fail)]),
    ),
    flags: listOf(node.Flags, `${at}.Flags`, fail).map((flag) => textOf(flag, `${at}.Flags`, fail)),
  };
}

function fieldsOf(value: unknown, at: string, fail: Fail): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw fail(at === '' ? 'is not an object' : `has a "${at}" that is not an object`);
}

/** Go writes `null` for an empty list. */
function listOf(value: unknown, at: string, fail: Fail): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw fail(`has a "${at}" that is not a list`);
}

function textOf(value: unknown, at: string, fail: Fail): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  throw fail(`has a "${at}" that is not a string`);
}
