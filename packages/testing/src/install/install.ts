import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DockError } from '@dock/core';
import { cacheDirectory, isInstalled, treeDirectory } from './cache-layout.js';
import { downloadPackages, keyringOf } from './download-packages.js';
import { findMirror } from './debian-mirror.js';
import { withFileLock } from './file-lock.js';
import { type PackageSet, type PackageSetName, packageSets } from './package-sets.js';
import { runCommand } from './run-command.js';
import { writeToolWrappers } from './tool-wrappers.js';

/** What is installed unless something else is asked for. */
export const defaultEngines: readonly PackageSetName[] = Object.values(packageSets)
  .filter(({ isOptional }) => !isOptional)
  .map(({ engine }) => engine);

/** What {@link install} is asked to do. */
export interface InstallOptions {
  /** @default those that are not optional: 20.10 and 26 */
  readonly engines?: readonly PackageSetName[];
  /** @default `process.env` */
  readonly env?: NodeJS.ProcessEnv;
  /** Gets one line of progress at a time. @default silence */
  readonly log?: (line: string) => void;
}

/** The packages of one engine. */
export interface InstalledPackages {
  readonly version: PackageSetName;
  readonly directory: string;
}

/**
 * Unpacks Debian's packages for the rig's engines, registry and tools into the cache. Starts no service and writes nowhere else. What is complete is left
 * alone; a tree gets its name only when it is complete, so an interrupted install is simply done again, and two at once wait for each other.
 *
 * @returns what is installed now
 * @throws USAGE without root, INVALID_OPTION without a mirror, INTERNAL when apt or dpkg fails
 */
export async function install(options: InstallOptions = {}): Promise<readonly InstalledPackages[]> {
  const { engines = defaultEngines, env = process.env, log = () => undefined } = options;
  // The others are verified with the keys of the first.
  const wanted = [...new Set<PackageSetName>(['20.10', ...engines])];
  const missing = wanted.filter((version) => !isInstalled(version, env));
  if (missing.length > 0) {
    if (process.getuid?.() !== 0) {
      throw new DockError('USAGE', 'Only root can install the rig: its engines run as root.', {
        hint: 'Run it as root: sudo npx dock-testing install.',
      });
    }
    const cache = cacheDirectory(env);
    await mkdir(cache, { recursive: true });
    await withFileLock(join(cache, 'install.lock'), async () => {
      await removeUnfinished(cache);
      for (const version of missing) await installSet(packageSets[version], env, log);
    });
  }
  return wanted.map((version) => ({ version, directory: treeDirectory(version, env) }));
}

async function installSet(set: PackageSet, env: NodeJS.ProcessEnv, log: (line: string) => void): Promise<void> {
  // Another install may have made it while this one waited for the lock.
  if (isInstalled(set.engine, env)) return;
  const started = performance.now();
  const target = treeDirectory(set.engine, env);
  const work = await mkdtemp(join(cacheDirectory(env), 'unfinished-'));
  try {
    log(`Engine ${set.engine}: downloading Debian packages (${set.suite})`);
    const source = { mirror: findMirror(env), keyring: keyringOf(treeDirectory('20.10', env)) };
    const packages = await downloadPackages(set, source, join(work, 'apt'));
    log(`Engine ${set.engine}: unpacking ${String(packages.length)} packages`);
    const tree = join(work, 'tree');
    await mkdir(tree);
    // The package with the top-level links (/lib -> usr/lib) comes first, or its links would meet directories.
    const isBase = (path: string) => basename(path).startsWith('base-files_');
    for (const path of [...packages.filter(isBase), ...packages.filter((path) => !isBase(path))]) {
      await runCommand('dpkg', ['-x', path, tree]);
    }
    await writeFile(join(tree, 'packages.txt'), `${packages.map((path) => basename(path)).join('\n')}\n`);
    await writeToolWrappers(set, tree, target);
    await rename(tree, target);
    log(`Engine ${set.engine}: ready in ${((performance.now() - started) / 1000).toFixed(1)} s: ${target}`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function removeUnfinished(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (name.startsWith('unfinished-')) await rm(join(cache, name), { recursive: true, force: true, maxRetries: 5 });
  }
}
