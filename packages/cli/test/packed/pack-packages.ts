import { mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mustRun } from './run-program.js';

export const repository = fileURLToPath(new URL('../../../..', import.meta.url));

/** What tests read of a package.json. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly type?: string;
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** A package as it is published. */
export interface PackedPackage {
  readonly tarball: string;
  /** Its files, unpacked. */
  readonly directory: string;
  readonly manifest: Manifest;
}

/** The words that start the pinned pnpm. */
export async function pnpmCommand(): Promise<readonly [string, ...string[]]> {
  const steps = (await import(join(repository, '.ci', 'steps.mjs'))) as { readonly pnpmVersion: string };
  return ['npx', '-y', `pnpm@${steps.pnpmVersion}`];
}

/** Pack every package of the repository as a release does. @returns them, and a new directory that everything lies in */
export async function packPackages(): Promise<{ directory: string; packages: readonly PackedPackage[] }> {
  const directory = mkdtempSync(join(tmpdir(), 'dock-packed-'));
  const [program, ...words] = await pnpmCommand();
  const pack = ['-r', '--filter', './packages/*', 'pack', '--pack-destination', directory];
  await mustRun(program, [...words, ...pack], { cwd: repository });
  const tarballs = readdirSync(directory).filter((name) => name.endsWith('.tgz'));
  const packages = tarballs.map(async (name) => {
    const unpacked = join(directory, name.slice(0, -'.tgz'.length));
    mkdirSync(unpacked);
    await mustRun('tar', ['xzf', join(directory, name), '--strip-components=1', '-C', unpacked], { cwd: directory });
    const manifest = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8')) as Manifest;
    return { tarball: join(directory, name), directory: unpacked, manifest };
  });
  return { directory, packages: await Promise.all(packages) };
}
