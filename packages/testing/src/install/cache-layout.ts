import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { type EngineVersion, packageSetKey, packageSetOf } from './package-sets.js';

const triplets: Readonly<Partial<Record<NodeJS.Architecture, string>>> = {
  x64: 'x86_64-linux-gnu',
  arm64: 'aarch64-linux-gnu',
};

/** The cache of `dock-testing install`: `DOCK_TESTING_CACHE`, else `dock-testing` below `XDG_CACHE_HOME` or `~/.cache`. */
export function cacheDirectory(env: NodeJS.ProcessEnv): string {
  if (env.DOCK_TESTING_CACHE !== undefined && env.DOCK_TESTING_CACHE !== '') return resolve(env.DOCK_TESTING_CACHE);
  const base = env.XDG_CACHE_HOME;
  return join(base !== undefined && base.startsWith('/') ? base : join(homedir(), '.cache'), 'dock-testing');
}

/** Where an engine's packages lie, whether or not they are there yet. */
export function treeDirectory(version: EngineVersion, env: NodeJS.ProcessEnv): string {
  return join(cacheDirectory(env), packageSetKey(packageSetOf(version)));
}

/** Whether an engine is installed. A tree appears under its name only when it is complete. */
export function isInstalled(version: EngineVersion, env: NodeJS.ProcessEnv): boolean {
  return existsSync(treeDirectory(version, env));
}

/** The library directories of a tree, for `LD_LIBRARY_PATH`. */
export function libraryDirectories(tree: string): readonly string[] {
  const triplet = triplets[process.arch] ?? process.arch;
  return [join(tree, 'usr/lib', triplet), join(tree, 'lib', triplet)];
}
