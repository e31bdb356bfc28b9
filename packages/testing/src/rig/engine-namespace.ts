import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type EngineVersion, packageSetOf } from '../install/package-sets.js';
import { installedTree } from '../install/tool-wrappers.js';
import { type DetachedProcess, lastLines, startDetached } from './detached-process.js';
import { childrenOf } from './process-table.js';
import type { ServiceDirectory } from './service-directory.js';
import { waitUntil } from './wait-until.js';

/**
 * A mount and pid namespace in which one engine lives. When its first process is killed, the kernel ends everything in it (containerd, shims, containers)
 * and takes its mounts down: nothing can be left behind.
 */
export interface EngineNamespace {
  /** The namespace's first process, seen from outside. */
  readonly pid: number;
  /** The directory that shows up as `/etc/docker` inside. */
  readonly etcDocker: string;
}

// No name server: an engine of the rig finds nothing but loopback, on every machine alike, and does not wait for an answer.
const prologue = `
set -eu
service=$1 tree=$2 resolver='options timeout:1 attempts:1'
mount -t tmpfs -o mode=0755 tmpfs "$service/ns"
`;

/** The tree takes the place of the machine's root for good: a process that joins a container later (`docker exec`) starts at the root of the namespace. */
const changeRoot = `
if [ "$root" != / ]; then
  cd "$root"
  mkdir -p machine
  pivot_root . machine
  "$busybox" umount -l /machine
fi
`;

const epilogue = `
"$busybox" touch "$service/ready"
exec "$init" -s -- "$busybox" sleep 2147483
`;

/** The machine's own view, with a copy of /etc (engine keys and certificates of registries must not land in the machine's) and an own /run (for the shims' sockets). */
const hostView = `
cp -a /etc "$service/ns/etc"
rm -f "$service/ns/etc/resolv.conf"
echo "$resolver" > "$service/ns/etc/resolv.conf"
mkdir -p "$service/ns/etc/docker"
mount --bind "$service/etc-docker" "$service/ns/etc/docker"
mount --rbind "$service/ns/etc" /etc
case "$service" in /run/*) ;; *) mount -t tmpfs -o mode=0755 tmpfs /run ;; esac
root=/ init=$tree/usr/bin/tini-static busybox=$tree/bin/busybox
`;

/** The tree as root, below a layer in memory that keeps the cache as it was unpacked. */
const treeView = `
mkdir "$service/ns/upper" "$service/ns/work" "$service/ns/root"
root=$service/ns/root
mount -t overlay overlay -o "lowerdir=$tree,upperdir=$service/ns/upper,workdir=$service/ns/work" "$root"
for name in hosts hostname passwd group; do
  if [ -e "/etc/$name" ]; then cat "/etc/$name" > "$root/etc/$name"; fi
done
echo "$resolver" > "$root/etc/resolv.conf"
mkdir -p "$root/etc/docker" "$root/var/lib" "$root/$service" "$root/$4"
mount --rbind /dev "$root/dev"
mount --rbind /sys "$root/sys"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=0755 tmpfs "$root/run"
mount --bind "$4" "$root/$4"
case "$service" in "$4"/*) ;; *) mount --bind "$service" "$root/$service" ;; esac
mount --bind "$service/etc-docker" "$root/etc/docker"
ln -sfn /run "$root/var/run"
init=/usr/bin/tini-static busybox=/usr/bin/busybox
`;

/**
 * Makes the namespace of an engine. Inside, Engine 20.10 sees the machine's files; the others see their own tree, the temporary directory and their service's.
 *
 * @throws TIMEOUT with the last lines of its log when it cannot be made
 */
export async function openEngineNamespace(
  version: EngineVersion,
  service: ServiceDirectory,
  temporary: string,
): Promise<EngineNamespace> {
  const etcDocker = join(service.path, 'etc-docker');
  for (const path of [etcDocker, join(service.path, 'ns')]) mkdirSync(path);
  const unshared: DetachedProcess = startDetached(
    'unshare',
    [
      ...['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--propagation', 'private'],
      ...[
        'sh',
        '-c',
        prologue + (packageSetOf(version).isRoot ? treeView : hostView) + changeRoot + epilogue,
        'sh',
        service.path,
        installedTree(version),
        version,
        temporary,
      ],
    ],
    { env: { PATH: systemPath, ...service.marks }, logFile: join(service.path, 'namespace.log'), cwd: '/' },
  );
  await waitUntil(() => existsSync(join(service.path, 'ready')) && childrenOf(unshared.pid).length > 0, {
    timeoutMs: 10_000,
    subject: `the namespace of Engine ${version}`,
    details: () => lastLines(unshared.logFile),
    everyMs: 5,
  });
  return { pid: childrenOf(unshared.pid)[0] ?? 0, etcDocker };
}

/** Where Debian keeps its programs. */
export const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
