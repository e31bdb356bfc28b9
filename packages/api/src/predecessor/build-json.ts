import { readFileSync } from 'node:fs';
import { DockError, nearestWord, parseGitSource, type SourceRequest } from '@dock/core';
import { splitDockerfilePath } from '../git-dockerfile-path.js';
import type { PreparedBuild } from '../run/run-build.js';
import type { Environment } from '../run/surroundings.js';

/** Where the predecessor's build containers had their input. */
export const buildJsonPath = '/run/share/build.json';

/** The variable that it may be in instead. */
export const buildJsonVariable = 'BUILD_JSON';

/** Where to look for an input. */
export interface BuildJsonChoice {
  /** `path` or `env`; without it the first that is there. */
  readonly input?: 'path' | 'env' | undefined;
  /** @default {@link buildJsonPath} */
  readonly file?: string | undefined;
  readonly env: Environment;
}

/** The predecessor's keys. */
const keys = [
  'git_url',
  'git_commit',
  'git_dockerfile_path',
  'image',
  'parent_registry',
  'target_registries',
  'source',
];
/** Lists of plugins that it ran, by its own names. */
const pluginKeys = ['prebuild_plugins', 'prepublish_plugins', 'postbuild_plugins', 'exit_plugins', 'buildstep_plugins'];

/**
 * A build as the predecessor's `inside-build` read it: `build.json`, or the variable `BUILD_JSON`.
 *
 * @throws USAGE when there is none, CONFIG_INVALID for what is wrong in it
 */
export function readBuildJson(choice: BuildJsonChoice): PreparedBuild {
  const { text, origin } = findInput(choice);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DockError('CONFIG_INVALID', `${origin} is not JSON.`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new DockError('CONFIG_INVALID', `${origin} is not an object.`);
  return toBuild(value as Record<string, unknown>, origin);
}

function findInput({ input, file = buildJsonPath, env }: BuildJsonChoice): { text: string; origin: string } {
  const attempts = { path: () => fromFile(file), env: () => fromVariable(env) };
  const found = input === undefined ? (attempts.path() ?? attempts.env()) : attempts[input]();
  if (found !== undefined) return found;
  const places = { path: `the file "${file}"`, env: `the variable "${buildJsonVariable}"` };
  const place = input === undefined ? `${places.path}, nor in ${places.env}` : places[input];
  throw new DockError('USAGE', `There is no build in ${place}.`, {
    hint: `Write it to "${buildJsonPath}", or into ${buildJsonVariable}.`,
  });
}

function fromFile(file: string): { text: string; origin: string } | undefined {
  try {
    return { text: readFileSync(file, 'utf8'), origin: `The file "${file}"` };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new DockError('CONFIG_ERROR', `The file "${file}" cannot be read: ${code}.`, { cause: error });
  }
}

function fromVariable(env: Environment): { text: string; origin: string } | undefined {
  const text = env[buildJsonVariable];
  return text === undefined || text === '' ? undefined : { text, origin: `The variable "${buildJsonVariable}"` };
}

function toBuild(value: Record<string, unknown>, origin: string): PreparedBuild {
  for (const key of Object.keys(value)) checkKey(key, value[key], origin);
  const text = (key: string): string | undefined => {
    const member = value[key] ?? undefined;
    if (member === undefined || typeof member === 'string') return member;
    throw new DockError('CONFIG_INVALID', `${origin} has a "${key}" that is not text.`);
  };
  const registries: unknown = value['target_registries'] ?? [];
  if (!Array.isArray(registries) || !registries.every((each) => typeof each === 'string'))
    throw new DockError('CONFIG_INVALID', `${origin} has a "target_registries" that is not a list of texts.`);
  const image = text('image');
  if (image === undefined) throw new DockError('CONFIG_INVALID', `${origin} names no "image".`);
  const { source, dockerfile } = sourceOf(value, text, origin);
  const parentRegistry = text('parent_registry');
  return {
    request: {
      source,
      tags: [image],
      ...(registries.length === 0 ? {} : { targetRegistries: registries }),
      ...(dockerfile === undefined ? {} : { dockerfile }),
    },
    ...(parentRegistry === undefined ? {} : { parentRegistry }),
  };
}

function checkKey(key: string, member: unknown, origin: string): void {
  if (keys.includes(key)) return;
  if (pluginKeys.includes(key)) {
    if (!Array.isArray(member) || member.length === 0) return;
    throw new DockError('CONFIG_INVALID', `${origin} lists plugins of the older dock under "${key}".`, {
      hint: 'Name plugins of this dock in a config file, and run "dock build".',
    });
  }
  const near = nearestWord(key, keys);
  throw new DockError('CONFIG_INVALID', `${origin} has an unknown key "${key}".`, {
    hint: near === undefined ? `Known keys: ${keys.join(', ')}.` : `Did you mean "${near}"?`,
  });
}

/** Its newer form is `source: { provider, uri, dockerfile_path, provider_params: { git_commit } }`. */
function sourceOf(
  value: Record<string, unknown>,
  text: (key: string) => string | undefined,
  origin: string,
): { readonly source: SourceRequest; readonly dockerfile?: string } {
  const newer = (value['source'] ?? {}) as {
    readonly provider?: unknown;
    readonly uri?: unknown;
    readonly dockerfile_path?: unknown;
    readonly provider_params?: { readonly git_commit?: unknown } | null;
  };
  const uri = text('git_url') ?? newer.uri;
  if (typeof uri !== 'string' || uri === '') {
    throw new DockError('CONFIG_INVALID', `${origin} names no source: neither "git_url" nor "source.uri".`);
  }
  const path = text('git_dockerfile_path') ?? newer.dockerfile_path ?? '';
  const commit = text('git_commit') ?? newer.provider_params?.git_commit ?? undefined;
  if (typeof path !== 'string' || (commit !== undefined && typeof commit !== 'string'))
    throw new DockError('CONFIG_INVALID', `${origin} has a "source" whose members are not texts.`);
  const { subdir, dockerfile } = splitDockerfilePath(path);
  const named = dockerfile === undefined ? {} : { dockerfile };
  if (newer.provider === 'path') {
    const directory = uri.replace(/^file:\/\//, '');
    return { source: { kind: 'path', path: subdir === undefined ? directory : `${directory}/${subdir}` }, ...named };
  }
  parseGitSource(uri);
  return {
    source: {
      kind: 'git',
      url: uri,
      ...(commit === undefined ? {} : { ref: commit }),
      ...(subdir === undefined ? {} : { subdir }),
    },
    ...named,
  };
}
