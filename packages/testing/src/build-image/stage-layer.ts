import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { runCommand } from '../install/run-command.js';
import type { LayerName } from './layer-plans.js';

/** The surroundings of a layer that is being staged. */
export interface Staging {
  /** The unpacked packages of Engine 26. */
  readonly tree: string;
  /** Those of Engine 20.10. */
  readonly olderTree: string;
  /** The directory of the libraries, below the tree and below the image. */
  readonly libraries: string;
  /** Where the layer's own files go. */
  readonly directory: string;
}

/** Writes what a layer has beside the files of packages. */
export const stageLayer: Readonly<Record<LayerName, (staging: Staging) => Promise<void>>> = {
  base: stageBase,
  git: () => Promise.resolve(),
  node: stageNode,
  engine: stageEngine,
  olderEngine: stageOlderEngine,
};

const users = 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n';

async function stageBase({ tree, directory }: Staging): Promise<void> {
  for (const path of [
    'dev',
    'home',
    'proc',
    'root',
    'run',
    'sys',
    'tmp',
    'usr/bin',
    'usr/sbin',
    'var/lib',
    'var/tmp',
  ]) {
    await mkdir(join(directory, path), { recursive: true });
  }
  for (const path of ['tmp', 'var/tmp']) await chmod(join(directory, path), 0o1777);
  await symlink('/run', join(directory, 'var/run'));
  const applets = (await runCommand(join(tree, 'usr/bin/busybox'), ['--list-full'])).trim().split('\n');
  for (const path of applets) {
    const link = join(directory, 'usr', path.replace(/^usr\//, ''));
    // What a package of the engine brings comes in its own layer.
    if (/^(usr\/)?s?bin\//.test(path) && basename(path) !== 'busybox') await symlink('/usr/bin/busybox', link);
  }
  await write(join(directory, 'etc/passwd'), users);
  await write(join(directory, 'etc/group'), 'root:x:0:\nnogroup:x:65534:\n');
  await write(join(directory, 'etc/ssl/certs/ca-certificates.crt'), `${rootCertificates.join('\n')}\n`);
}

async function stageNode({ tree, libraries, directory }: Staging): Promise<void> {
  const program = join(directory, 'usr/local/bin/node');
  await mkdir(dirname(program), { recursive: true });
  await copyFile(process.execPath, program);
  await chmod(program, 0o755);
  const lines = (await runCommand('ldd', [process.execPath])).split('\n');
  for (const line of lines) {
    const path = /=> (\/\S+)/.exec(line)?.[1];
    if (path === undefined || existsSync(join(tree, libraries, basename(path)))) continue;
    await mkdir(join(directory, libraries), { recursive: true });
    await copyFile(path, join(directory, libraries, basename(path)));
  }
}

// Debian makes these links when it configures a package, which nobody did here.
async function stageEngine({ directory }: Staging): Promise<void> {
  await mkdir(join(directory, 'usr/sbin'), { recursive: true });
  for (const name of [
    'iptables',
    'iptables-save',
    'iptables-restore',
    'ip6tables',
    'ip6tables-save',
    'ip6tables-restore',
  ]) {
    await symlink('xtables-nft-multi', join(directory, 'usr/sbin', name));
  }
}

// It goes over the newer dockerd, and brings the libraries that it was built for; everything that it starts is the newer engine's.
async function stageOlderEngine({ olderTree, libraries, directory }: Staging): Promise<void> {
  const own = 'usr/lib/engine-20.10';
  await mkdir(join(directory, own), { recursive: true });
  for (const from of [libraries, libraries.replace(/^usr\//, '')]) {
    for (const entry of await readdir(join(olderTree, from), { withFileTypes: true })) {
      if (entry.name.includes('.so') && !entry.isDirectory())
        await copyFile(join(olderTree, from, entry.name), join(directory, own, entry.name));
    }
  }
  await copyFile(join(olderTree, 'usr/sbin/dockerd'), join(directory, own, 'dockerd'));
  await chmod(join(directory, own, 'dockerd'), 0o755);
  const program = join(directory, 'usr/sbin/dockerd');
  await write(program, `#!/bin/sh\nLD_LIBRARY_PATH=/${own} exec /${own}/dockerd "$@"\n`);
  await chmod(program, 0o755);
}

async function write(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}
