import { existsSync, realpathSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { DockError } from '@dock/core';

/** What of a package.json is read. */
interface PackageDocument {
  readonly name: string;
  readonly version: string;
  readonly bin?: string | Readonly<Record<string, string>>;
  readonly files?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** A package on its way into the image. */
interface InstalledPackage {
  readonly directory: string;
  readonly document: PackageDocument;
  /** Name and version, with a number where two copies of one version differ in place. */
  readonly id: string;
}

/** Where dock lies in a build image. */
export const imagePlaces = { root: 'usr/local/lib/dock', command: 'usr/local/bin/dock' } as const;

// What dock runs of zod is in its own bundles; the package is there for the compiler.
const left = /^(?:zod$|@types\/)/;

/**
 * Copy an installed dock, with the packages that it needs and nothing else, into the tree of an image: as it lies on this machine, so no registry is asked.
 *
 * @param program directory of the package that has the command `dock`
 * @param root the tree
 * @throws PLUGIN_NOT_FOUND when a package that it needs is not installed
 */
export async function copyInstalledDock(program: string, root: string): Promise<void> {
  const packages = await closureOf(realpathSync(program));
  const store = join(root, imagePlaces.root);
  await Promise.all(
    [...packages.values()].map(async ({ directory, document, id }) => {
      await copyPackage(directory, document, join(store, id, 'node_modules', document.name));
      for (const name of Object.keys(document.dependencies ?? {})) {
        const target = packages.get(findPackage(name, directory) ?? '');
        if (target === undefined) continue;
        const link = join(store, id, 'node_modules', name);
        await mkdir(dirname(link), { recursive: true });
        await symlink(relative(dirname(link), join(store, target.id, 'node_modules', name)), link);
      }
    }),
  );
  const main = packages.get(realpathSync(program));
  const bin = typeof main?.document.bin === 'string' ? main.document.bin : main?.document.bin?.['dock'];
  if (main === undefined || bin === undefined) {
    throw new DockError('INTERNAL', `The package in "${program}" has no command "dock".`);
  }
  const entry = join('/', imagePlaces.root, main.id, 'node_modules', main.document.name, bin);
  const command = join(root, imagePlaces.command);
  await mkdir(dirname(command), { recursive: true });
  await writeFile(command, `#!/bin/sh\nexec node ${entry} "$@"\n`, { mode: 0o755 });
}

async function closureOf(program: string): Promise<ReadonlyMap<string, InstalledPackage>> {
  const found = new Map<string, InstalledPackage>();
  const taken = new Map<string, number>();
  const queue = [program];
  for (let directory = queue.shift(); directory !== undefined; directory = queue.shift()) {
    if (found.has(directory)) continue;
    const document = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as PackageDocument;
    const name = `${document.name.replace('/', '+')}@${document.version}`;
    const count = taken.get(name) ?? 0;
    taken.set(name, count + 1);
    found.set(directory, { directory, document, id: count === 0 ? name : `${name}-${count}` });
    for (const dependency of Object.keys(document.dependencies ?? {}).sort()) {
      if (left.test(dependency)) continue;
      const place = findPackage(dependency, directory);
      if (place !== undefined) queue.push(place);
      else
        throw new DockError('PLUGIN_NOT_FOUND', `"${dependency}", which "${document.name}" needs, is not installed.`, {
          hint: 'Install dock again.',
        });
    }
  }
  return found;
}

/** As Node looks for a package: in each `node_modules` on the way up, else where the package manager's own resolver knows it to be (Yarn's PnP). */
function findPackage(name: string, from: string): string | undefined {
  for (let directory = from; ; directory = dirname(directory)) {
    const place = join(directory, 'node_modules', name);
    if (existsSync(join(place, 'package.json'))) return realpathSync(place);
    if (directory === dirname(directory)) break;
  }
  try {
    return dirname(createRequire(join(from, 'package.json')).resolve(`${name}/package.json`));
  } catch {
    // The caller says which package needs it.
    return undefined;
  }
}

/** Of a package of a workspace only what its `files` would publish; never what is only for people and compilers. */
async function copyPackage(directory: string, document: PackageDocument, target: string): Promise<void> {
  const names = isInWorkspace(directory)
    ? ['package.json', 'LICENSE', ...(document.files ?? []).map((name) => name.split('*')[0] ?? '')]
    : await readdir(directory);
  await mkdir(target, { recursive: true });
  for (const name of names.filter((each) => each !== '' && each !== 'node_modules')) {
    const from = resolve(directory, name);
    if (existsSync(from)) await copyUseful(from, join(target, name));
  }
}

/** Copy by reading and writing: a package may lie in an archive that only these see into (Yarn's PnP). */
async function copyUseful(from: string, to: string): Promise<void> {
  if (!isUseful(from)) return;
  const found = await stat(from);
  if (!found.isDirectory()) {
    await mkdir(dirname(to), { recursive: true });
    return writeFile(to, await readFile(from), { mode: found.mode });
  }
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from)) await copyUseful(join(from, name), join(to, name));
}

function isInWorkspace(directory: string): boolean {
  return !directory.split(sep).includes('node_modules');
}

function isUseful(path: string): boolean {
  const name = basename(path);
  return !/\.(?:map|tsbuildinfo)$|\.d\.[cm]?ts$|\.md$/.test(name) && !['node_modules', 'prebuilds'].includes(name);
}
