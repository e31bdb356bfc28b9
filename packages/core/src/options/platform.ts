import { readPlatform } from '../dockerfile/platform-args.js';

/** Words of containerd's platforms (`database.go`) that may stand alone. */
const systems = 'aix android darwin dragonfly freebsd illumos ios linux netbsd openbsd plan9 solaris windows'.split(
  ' ',
);
const architectures = [
  ...'386 amd64 arm arm64 loong64 mips mipsle mips64 mips64le ppc64 ppc64le riscv64 s390x wasm'.split(' '),
  ...'i386 x86_64 x86-64 aarch64 armhf armel'.split(' '),
];

/** What Node calls architectures otherwise than Go. */
const nodeNames: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le', mipsel: 'mipsle' };
const nodeSystems: Readonly<Record<string, string>> = { win32: 'windows', sunos: 'solaris' };
const ownArchitecture = () => nodeNames[process.arch] ?? process.arch;

/**
 * A platform as docker takes it, in the form `os/arch[/variant]`; undefined when it is none. An architecture alone is one of Linux, a system alone
 * one of this machine's architecture, and `local` the platform of this machine (containerd's `platforms.Parse`, buildx's `local`).
 */
export function canonicalPlatform(text: string): string | undefined {
  const word = text.trim().toLowerCase();
  if (word === 'local')
    return canonicalPlatform(`${nodeSystems[process.platform] ?? process.platform}/${ownArchitecture()}`);
  if (systems.includes(word)) return canonicalPlatform(`${word}/${ownArchitecture()}`);
  if (!architectures.includes(word) && !/^[a-z0-9_.-]+\/[a-z0-9_-]+(?:\/[a-z0-9_.]+)?$/.test(word)) return undefined;
  const { os, architecture, variant } = readPlatform(word);
  return [os, architecture, variant].filter((part) => part !== '').join('/');
}
