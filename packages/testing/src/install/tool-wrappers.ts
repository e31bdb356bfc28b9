import { existsSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DockError } from '@dock/core';
import { isInstalled, libraryDirectories, treeDirectory } from './cache-layout.js';
import { type EngineVersion, type PackageSet, packageSetOf } from './package-sets.js';

/** The programs that {@link rigTool} knows. */
export type RigTool =
  | 'busybox'
  | 'docker'
  | 'docker-buildx'
  | 'docker-registry'
  | 'dockerd'
  | 'openssl'
  | 'podman'
  | 'runc'
  | 'skopeo'
  | 'ssh-add'
  | 'ssh-agent'
  | 'tini-static';

const places: Readonly<Record<RigTool, readonly string[]>> = {
  busybox: ['usr/bin/busybox', 'bin/busybox'],
  docker: ['usr/bin/docker'],
  'docker-buildx': ['usr/libexec/docker/cli-plugins/docker-buildx', 'usr/lib/docker/cli-plugins/docker-buildx'],
  'docker-registry': ['usr/bin/docker-registry'],
  dockerd: ['usr/sbin/dockerd'],
  openssl: ['usr/bin/openssl'],
  podman: ['usr/bin/podman'],
  runc: ['usr/sbin/runc', 'usr/bin/runc'],
  skopeo: ['usr/bin/skopeo'],
  'ssh-add': ['usr/bin/ssh-add'],
  'ssh-agent': ['usr/bin/ssh-agent'],
  'tini-static': ['usr/bin/tini-static'],
};
const names = Object.keys(places) as RigTool[];

/**
 * The absolute path of a program of the cache, ready to be run as it is: a small script that finds the program's own libraries.
 *
 * @param version whose packages: `20.10` has everything but `docker-buildx` and `podman`
 * @throws COMMAND_NOT_FOUND with the remedy when the rig is not installed or has no such program
 */
export function rigTool(tool: RigTool, version: EngineVersion = '20.10', env: NodeJS.ProcessEnv = process.env): string {
  const tree = installedTree(version, env);
  const path = join(tree, 'rig-bin', tool);
  if (existsSync(path)) return path;
  throw new DockError('COMMAND_NOT_FOUND', `The rig's packages for Engine ${version} have no "${tool}".`);
}

/**
 * The directory of an engine's packages.
 *
 * @throws COMMAND_NOT_FOUND with the remedy when they are not installed
 */
export function installedTree(version: EngineVersion, env: NodeJS.ProcessEnv = process.env): string {
  if (isInstalled(version, env)) return treeDirectory(version, env);
  const { engine, isOptional } = packageSetOf(version);
  throw new DockError(
    'COMMAND_NOT_FOUND',
    `There is no ${version === 'podman' ? 'podman' : `dockerd ${version}`} for the rig in "${treeDirectory(version, env)}".`,
    {
      hint: `Run "npx dock-testing install${isOptional ? ` --engine ${engine}` : ''}" as root; it unpacks Debian packages into a cache and starts nothing.`,
    },
  );
}

/** Writes `rig-bin/<tool>` for every tool in a tree that will be moved to `target`. */
export async function writeToolWrappers(set: PackageSet, tree: string, target: string): Promise<void> {
  await mkdir(join(tree, 'rig-bin'));
  for (const name of names) {
    const place = places[name].find((path) => existsSync(join(tree, path)));
    if (place === undefined) continue;
    const file = join(tree, 'rig-bin', name);
    await writeFile(file, wrapper(set, name, join(target, place), target));
    await chmod(file, 0o755);
  }
}

function wrapper(set: PackageSet, name: RigTool, program: string, target: string): string {
  const libraries = libraryDirectories(target).join(':');
  // A tree with its own C library must use its own loader too; the environment of the program's children stays clean then.
  const start = set.isRoot
    ? `exec "${loaderOf(target)}" --library-path "${libraries}" "${program}"`
    : `LD_LIBRARY_PATH="${libraries}" exec "${program}"`;
  const environment =
    name === 'skopeo' ? `export CONTAINERS_REGISTRIES_CONF="${join(target, 'etc/containers/registries.conf')}"\n` : '';
  const isStatic = name === 'busybox' || name === 'tini-static';
  const flags = name === 'skopeo' ? ' --insecure-policy' : '';
  return `#!/bin/sh\n${environment}${isStatic ? `exec "${program}"` : start}${flags} "$@"\n`;
}

function loaderOf(tree: string): string {
  return process.arch === 'arm64'
    ? join(tree, 'usr/lib/ld-linux-aarch64.so.1')
    : join(tree, 'usr/lib64/ld-linux-x86-64.so.2');
}
