import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../install/run-command.js';
import { installedTree } from '../install/tool-wrappers.js';
import { type TarEntry, tarArchive } from './tar-archive.js';

/** The root file system of the base image: the static busybox, a link for each of its applets, the usual users and directories. */
export async function busyboxLayer(extra: readonly TarEntry[] = []): Promise<Buffer> {
  const program = join(installedTree('20.10'), 'bin/busybox');
  const applets = (await runCommand(program, ['--list-full'])).trim().split('\n').sort();
  const directories = [
    ...['bin', 'dev', 'etc', 'home', 'mnt', 'opt', 'proc', 'root', 'run', 'sbin', 'sys', 'tmp'],
    ...['usr', 'usr/bin', 'usr/sbin', 'var', 'var/tmp'],
  ];
  return tarArchive([
    ...directories.map((path) => ({ path, isDirectory: true, mode: path.endsWith('tmp') ? 0o1777 : 0o755 })),
    { path: 'bin/busybox', content: await readFile(program), mode: 0o755 },
    ...applets
      .filter((path) => path !== 'bin/busybox' && directories.some((directory) => path.startsWith(`${directory}/`)))
      .map((path) => ({ path, symlink: '/bin/busybox' })),
    { path: 'etc/passwd', content: 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' },
    { path: 'etc/group', content: 'root:x:0:\nnogroup:x:65534:\n' },
    ...extra,
  ]);
}
