import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DockError } from '@dock/core';

/** What cosmiconfig 9 reads, and for code executes, as soon as it is constructed (its `metaSearchPlaces`). */
const metaNames = /^config\.(?:json|ya?ml|[cm]?js|ts)$/;

/**
 * Refuse a directory whose files would steer, or run inside, the library that loads the config.
 *
 * @throws CONFIG_ERROR
 */
export function refuseMetaConfig(cwd: string): void {
  const name = entries(join(cwd, '.config')).find((entry) => metaNames.test(entry));
  if (name !== undefined) throw refused(join('.config', name), cwd, 'Rename it');
  if (/"cosmiconfig"\s*:/.test(text(join(cwd, 'package.json'))) && hasKey(text(join(cwd, 'package.json'))))
    throw refused('package.json', cwd, 'Remove its key "cosmiconfig"');
  if (/^['"]?cosmiconfig['"]?\s*:/m.test(text(join(cwd, 'package.yaml'))))
    throw refused('package.yaml', cwd, 'Remove its key "cosmiconfig"');
}

function refused(file: string, cwd: string, remedy: string): DockError {
  return new DockError(
    'CONFIG_ERROR',
    `"${file}" in "${cwd}" would be run or obeyed by the library that loads the config.`,
    { hint: `${remedy}, start dock elsewhere with --config, or use --no-config.` },
  );
}

function hasKey(json: string): boolean {
  try {
    return Object.hasOwn(JSON.parse(json) as object, 'cosmiconfig');
  } catch {
    return true;
  }
}

function entries(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function text(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
