import { readdirSync, statSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import { DockError } from '@dock/core';

/** The names that a config may have, in the directory that the user started in and nowhere else. */
export const configNames = ['dock.config.ts', 'dock.config.mts', 'dock.config.js', 'dock.config.mjs'] as const;

/** The extensions that are loaded: those of the names, and those of CommonJS. */
export const configExtensions = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'] as const;

/**
 * The config file of a directory, absolute, or `undefined` when there is none. What is there under a config's name but cannot be one is an error,
 * never "no config".
 *
 * @param named `--config`, relative to the directory.
 * @throws CONFIG_ERROR
 */
export function findConfig(cwd: string, named?: string): string | undefined {
  if (named !== undefined) return checkExtension(checkFile(resolve(cwd, named)));
  const entries = new Set(list(cwd));
  const [first, second] = configNames.filter((name) => entries.has(name));
  if (first === undefined) return undefined;
  if (second !== undefined) {
    throw new DockError('CONFIG_ERROR', `There are two configs in "${cwd}": "${first}" and "${second}".`, {
      hint: 'Remove one, or name the right one with --config.',
    });
  }
  return checkFile(join(cwd, first));
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    throw new DockError(
      'CONFIG_ERROR',
      `The directory "${directory}" cannot be searched for a config: ${reason(error)}`,
      {
        cause: error,
        hint: 'Start dock where you may read, or use --no-config.',
      },
    );
  }
}

function checkFile(file: string): string {
  try {
    if (statSync(file).isFile()) return file;
  } catch (error) {
    throw new DockError('CONFIG_ERROR', `The config "${file}" cannot be read: ${reason(error)}`, {
      cause: error,
      hint: 'Check the path, or use --no-config.',
    });
  }
  throw new DockError('CONFIG_ERROR', `The config "${file}" is not a regular file.`, {
    hint: 'Name a file with --config, or use --no-config.',
  });
}

function checkExtension(file: string): string {
  if (configExtensions.some((extension) => extension === extname(file))) return file;
  throw new DockError('CONFIG_ERROR', `The config "${file}" is neither TypeScript nor JavaScript.`, {
    hint: 'A config is code: a .ts, .mts, .js or .mjs file with "export default defineConfig({ … })".',
  });
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
