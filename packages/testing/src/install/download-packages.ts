import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PackageSet } from './package-sets.js';
import { runCommand } from './run-command.js';

/** Where packages come from. */
export interface PackageSource {
  /** URL of a Debian mirror. */
  readonly mirror: string;
  /** File with the archive's keys. */
  readonly keyring: string;
}

/**
 * Downloads the packages of a set and all that they need into a directory, with an apt state of its own: the machine's lists, cache and package database are
 * neither read nor written; its proxy settings are honoured.
 *
 * @returns the paths of the packages, sorted
 */
export async function downloadPackages(set: PackageSet, source: PackageSource, directory: string): Promise<string[]> {
  await mkdir(join(directory, 'state/lists/partial'), { recursive: true });
  await mkdir(join(directory, 'cache/archives/partial'), { recursive: true });
  await mkdir(join(directory, 'none'), { recursive: true });
  const [architecture] = (await runCommand('dpkg', ['--print-architecture'])).split('\n');
  await writeFile(
    join(directory, 'status'),
    set.assumed.map((name) => assumedEntry(name, architecture ?? '')).join(''),
  );
  await writeFile(
    join(directory, 'sources.list'),
    `deb [signed-by=${source.keyring}] ${source.mirror} ${set.suite} main\n`,
  );
  const settings = {
    'Dir::Etc::sourcelist': join(directory, 'sources.list'),
    'Dir::Etc::sourceparts': join(directory, 'none'),
    'Dir::Etc::preferences': join(directory, 'none/preferences'),
    'Dir::Etc::preferencesparts': join(directory, 'none'),
    'Dir::State': join(directory, 'state'),
    'Dir::State::status': join(directory, 'status'),
    'Dir::Cache': join(directory, 'cache'),
    'Dir::Log': join(directory, 'none'),
    'APT::Sandbox::User': 'root',
    'APT::Install-Recommends': 'false',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '2',
    // Without it a mirror that does not answer is a mere warning, and no package is known.
    'APT::Update::Error-Mode': 'any',
    'Debug::NoLocking': 'true',
    // A mirror may show a moving suite later than its Release file is good for; what it names is still signed.
    ...(set.isOptional ? { 'Acquire::Check-Valid-Until': 'false' } : {}),
  };
  const flags = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' };
  await runCommand('apt-get', [...flags, '-qq', 'update'], { env, label: `apt-get update from ${source.mirror}` });
  await runCommand('apt-get', [...flags, '-y', '-qq', 'install', '--download-only', ...set.packages], {
    env,
    label: `apt-get install --download-only ${set.packages.join(' ')}`,
  });
  const archives = join(directory, 'cache/archives');
  const files = (await readdir(archives)).filter((name) => name.endsWith('.deb')).sort();
  return files.map((name) => join(archives, name));
}

/** Debian's keys: those just unpacked for the first set know newer suites than an old machine may. */
export function keyringOf(tree: string): string {
  const own = join(tree, 'usr/share/keyrings/debian-archive-keyring.gpg');
  return existsSync(own) ? own : '/usr/share/keyrings/debian-archive-keyring.gpg';
}

function assumedEntry(name: string, architecture: string): string {
  return [
    `Package: ${name}`,
    'Status: install ok installed',
    'Maintainer: none <none@invalid>',
    `Architecture: ${architecture}`,
    'Multi-Arch: foreign',
    'Version: 9999:1',
    `Description: ${name}`,
    '',
    '',
  ].join('\n');
}
