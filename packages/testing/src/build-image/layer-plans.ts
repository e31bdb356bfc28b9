/** The layers of a build image, in the order in which they lie. */
export type LayerName = 'base' | 'git' | 'node' | 'engine' | 'olderEngine';

/** What one layer takes out of the unpacked packages of Engine 26; what is not in a package is added by `stage-layer.ts`. */
export interface LayerPlan {
  readonly paths: readonly string[];
  /** Patterns of GNU tar, anchored at the tree. */
  readonly without?: readonly string[];
}

const gitPrograms = ['git', 'git-receive-pack', 'git-upload-archive', 'git-upload-pack'];

/**
 * What each layer takes: the C library, certificates and a shell; git; Node; an engine with what it starts. The dockerd of Engine 20.10 comes from its own packages.
 *
 * @param triplet the directory of the libraries below `usr/lib`
 */
export function layerPlans(triplet: string): Readonly<Record<LayerName, LayerPlan>> {
  const libraries = `usr/lib/${triplet}`;
  return {
    base: {
      paths: ['bin', 'lib', 'lib64', 'sbin', 'etc', 'usr/lib64', 'usr/lib/os-release', 'usr/bin/busybox', libraries],
      without: [
        ...['docker', 'containerd', 'containers', 'init.d', 'sysctl.d', 'perl'].map((name) => `etc/${name}`),
        ...['gconv', 'libperl.so*', 'perl', 'perl-base', 'perl5', 'xtables'].map((name) => `${libraries}/${name}`),
      ],
    },
    git: { paths: [...gitPrograms.map((name) => `usr/bin/${name}`), 'usr/lib/git-core', 'usr/share/git-core'] },
    node: { paths: [] },
    engine: {
      paths: [
        ...['dockerd', 'docker-proxy', 'runc', 'xtables-legacy-multi', 'xtables-nft-multi'].map(
          (name) => `usr/sbin/${name}`,
        ),
        ...['containerd', 'containerd-shim-runc-v2', 'docker-init', 'tini', 'tini-static'].map(
          (name) => `usr/bin/${name}`,
        ),
        `${libraries}/xtables`,
      ],
    },
    olderEngine: { paths: [] },
  };
}
