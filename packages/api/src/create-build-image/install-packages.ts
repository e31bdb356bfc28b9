import { DockError } from '@dock/core';
import type { ImageFacts, Need, PackageManager } from './base-needs.js';

/** Which packages bring what, by the names of Debian and Ubuntu, Alpine, Fedora and its relatives. */
const packages: Readonly<Record<PackageManager, Readonly<Record<Need, readonly string[]>>>> = {
  'apt-get': {
    node: ['nodejs'],
    git: ['git'],
    certificates: ['ca-certificates'],
    engine: ['docker.io'],
    iptables: ['iptables'],
  },
  apk: {
    node: ['nodejs'],
    git: ['git'],
    certificates: ['ca-certificates'],
    engine: ['docker-engine'],
    iptables: ['iptables'],
  },
  dnf: {
    node: ['nodejs'],
    git: ['git-core'],
    certificates: ['ca-certificates'],
    engine: ['moby-engine'],
    iptables: ['iptables-nft'],
  },
  microdnf: {
    node: ['nodejs'],
    git: ['git-core'],
    certificates: ['ca-certificates'],
    engine: ['moby-engine'],
    iptables: ['iptables-nft'],
  },
};

/** How packages are installed so that the layer holds them and nothing of the moment: no lists, no caches, no logs. */
const commands: Readonly<Record<PackageManager, (names: string) => string>> = {
  'apt-get': (names) =>
    `apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ${names} && ` +
    'rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/ldconfig/aux-cache /var/log/apt /var/log/dpkg.log /var/log/alternatives.log',
  apk: (names) => `apk add --no-cache ${names}`,
  dnf: (names) =>
    `dnf install -y --setopt=install_weak_deps=False --nodocs ${names} && dnf clean all && rm -rf /var/cache/dnf /var/log/dnf* /var/log/hawkey.log`,
  microdnf: (names) =>
    `microdnf install -y --setopt=install_weak_deps=0 --nodocs ${names} && microdnf clean all && rm -rf /var/cache/yum /var/log/dnf* /var/log/hawkey.log`,
};

/**
 * The `RUN` instruction that installs what a base lacks; `undefined` when it lacks nothing.
 *
 * @throws INVALID_OPTION when the base has no package manager that dock knows
 */
export function installInstruction(base: string, { missing, packageManager }: ImageFacts): string | undefined {
  if (missing.length === 0) return undefined;
  if (packageManager === undefined) {
    throw new DockError(
      'INVALID_OPTION',
      `The base "${base}" lacks ${missing.join(', ')}, and has no apt-get, apk or dnf to install it with.`,
      { hint: 'Name another base with --base, or a directory whose Dockerfile installs it.' },
    );
  }
  return `RUN ${commands[packageManager](missing.flatMap((need) => packages[packageManager][need]).join(' '))}`;
}
