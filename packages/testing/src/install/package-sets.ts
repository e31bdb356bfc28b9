import { createHash } from 'node:crypto';

/** The engines that the rig can run; `podman` is podman's service, which speaks the engine's API. */
export type EngineVersion = '20.10' | '26' | '28' | 'podman';

/** The sets of packages: podman comes with Engine 28. */
export type PackageSetName = Exclude<EngineVersion, 'podman'>;

/** What is unpacked for one engine: packages of one Debian suite and what they need. */
export interface PackageSet {
  readonly engine: PackageSetName;
  readonly suite: string;
  readonly packages: readonly string[];
  /** Packages that are taken as there and not unpacked: the machine's own C library, or tools that no binary of the rig calls. */
  readonly assumed: readonly string[];
  /** Whether the engine runs with the tree as its root (its C library is newer than the machine's). */
  readonly isRoot: boolean;
  /** Whether it is installed only when somebody asks for it: the suite moves, so no test that must pass everywhere may need it. */
  readonly isOptional: boolean;
}

/** What every engine with a tree of its own has; no binary of the rig calls what is assumed. */
const treePackages = [
  'base-files',
  'docker.io',
  'docker-cli',
  'docker-buildx',
  'skopeo',
  'busybox-static',
  'tini',
  'git',
];
const treeAssumed = ['debconf', 'init-system-helpers', 'adduser', 'passwd', 'base-passwd', 'gnupg'];

/** The sets by engine. A change here changes the key, so the next install unpacks anew. */
export const packageSets: Readonly<Record<PackageSetName, PackageSet>> = {
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
    isOptional: false,
  },
  '26': {
    engine: '26',
    suite: 'trixie',
    packages: [...treePackages, 'procps', 'xz-utils'],
    assumed: treeAssumed,
    isRoot: true,
    isOptional: false,
  },
  // "28" is what Debian's testing suite had when this was written: the engine's own answer says what it has today.
  '28': {
    engine: '28',
    suite: 'testing',
    packages: [...treePackages, 'procps', 'xz-utils', 'podman', 'crun', 'conmon', 'netavark'],
    assumed: treeAssumed,
    isRoot: true,
    isOptional: true,
  },
};

/** The set that has an engine's programs. */
export function packageSetOf(version: EngineVersion): PackageSet {
  return packageSets[version === 'podman' ? '28' : version];
}

// Raise when the way of unpacking changes.
const recipe = 1;

/** The name of a set's directory in the cache: the engine and a hash over everything that decides its content. */
export function packageSetKey(set: PackageSet): string {
  const { isOptional: _isOptional, ...content } = set;
  const inputs = JSON.stringify([recipe, process.arch, content]);
  return `engine-${set.engine}-${createHash('sha256').update(inputs).digest('hex').slice(0, 12)}`;
}
