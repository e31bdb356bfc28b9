import { createHash } from 'node:crypto';

/** The engines that the rig can run. */
export type EngineVersion = '20.10' | '26';

/** What is unpacked for one engine: packages of one Debian suite and what they need. */
export interface PackageSet {
  readonly engine: EngineVersion;
  readonly suite: string;
  readonly packages: readonly string[];
  /** Packages that are taken as there and not unpacked: the machine's own C library, or tools that no binary of the rig calls. */
  readonly assumed: readonly string[];
  /** Whether the engine runs with the tree as its root (its C library is newer than the machine's). */
  readonly isRoot: boolean;
}

/** The sets by engine. A change here changes the key, so the next install unpacks anew. */
export const packageSets: Readonly<Record<EngineVersion, PackageSet>> = {
  '20.10': {
    engine: '20.10',
    suite: 'bookworm',
    packages: [
      'docker.io',
      'docker-registry',
      'busybox-static',
      'tini',
      'skopeo',
      'openssl',
      'openssh-client',
      'procps',
      'xz-utils',
      'debian-archive-keyring',
    ],
    assumed: [
      'libc6',
      'gcc-12-base',
      'libgcc-s1',
      'libcrypt1',
      'libstdc++6',
      'debconf',
      'init-system-helpers',
      'usrmerge',
      'perl',
      'adduser',
      'passwd',
      'gnupg',
      'lsb-base',
    ],
    isRoot: false,
  },
  '26': {
    engine: '26',
    suite: 'trixie',
    packages: [
      'base-files',
      'docker.io',
      'docker-cli',
      'docker-buildx',
      'skopeo',
      'busybox-static',
      'tini',
      'git',
      'procps',
      'xz-utils',
    ],
    assumed: ['debconf', 'init-system-helpers', 'adduser', 'passwd', 'base-passwd', 'gnupg'],
    isRoot: true,
  },
};

// Raise when the way of unpacking changes.
const recipe = 1;

/** The name of a set's directory in the cache: the engine and a hash over everything that decides its content. */
export function packageSetKey(set: PackageSet): string {
  const inputs = JSON.stringify([recipe, process.arch, set]);
  return `engine-${set.engine}-${createHash('sha256').update(inputs).digest('hex').slice(0, 12)}`;
}
