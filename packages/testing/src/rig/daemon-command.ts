import { basename, join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { libraryDirectories } from '../install/cache-layout.js';
import { type EngineVersion, packageSetOf } from '../install/package-sets.js';
import { systemPath } from './engine-namespace.js';
import type { ServiceDirectory } from './service-directory.js';

/** How a daemon is started, inside its namespace. */
export interface DaemonCommand {
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** What decides it. */
export interface DaemonSettings {
  readonly version: EngineVersion;
  /** The packages of the engine, as the machine sees them. */
  readonly tree: string;
  readonly service: ServiceDirectory;
  readonly args: readonly string[];
}

/** The command of dockerd, or of podman's service; the files that it reads are written into the service's directory. */
export function daemonCommand(settings: DaemonSettings): DaemonCommand {
  return settings.version === 'podman' ? podmanCommand(settings) : dockerdCommand(settings);
}

function dockerdCommand({ version, tree, service, args }: DaemonSettings): DaemonCommand {
  const { isRoot } = packageSetOf(version);
  const at = (name: string) => join(service.path, name);
  const own = isRoot ? '' : `${join(tree, 'usr/sbin')}:${join(tree, 'usr/bin')}:`;
  return {
    words: [
      join(isRoot ? '/' : tree, 'usr/sbin/dockerd'),
      ...['--config-file', at('daemon.json'), '--host', `unix://${at('docker.sock')}`, '--group', '0'],
      ...['--data-root', at('data'), '--exec-root', at('exec'), '--pidfile', at('dockerd.pid')],
      ...['--bridge=none', '--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false'],
      ...['--cgroup-parent', `/${basename(service.path)}`],
      ...args,
    ],
    env: {
      PATH: `${own}${systemPath}`,
      ...(isRoot ? {} : { LD_LIBRARY_PATH: libraryDirectories(tree).join(':') }),
    },
  };
}

/** As an engine takes 127.0.0.0/8 for insecure, on any port. */
const loopback = `unqualified-search-registries = ["docker.io"]

[[registry]]
prefix = "127.0.0.1"
location = "127.0.0.1"
insecure = true
`;

function podmanCommand({ service, args }: DaemonSettings): DaemonCommand {
  const at = (name: string) => join(service.path, name);
  writeFileSync(at('registries.conf'), loopback);
  writeFileSync(at('containers.conf'), '[containers]\ncgroups = "no-conmon"\n');
  return {
    words: [
      '/usr/bin/podman',
      ...['--root', at('data'), '--runroot', at('exec'), '--tmpdir', at('exec/tmp'), '--storage-driver', 'overlay'],
      ...['--cgroup-manager', 'cgroupfs', '--events-backend', 'file', '--log-level', 'warn'],
      ...args,
      ...['system', 'service', '--time', '0', `unix://${at('docker.sock')}`],
    ],
    env: {
      PATH: systemPath,
      CONTAINERS_CONF_OVERRIDE: at('containers.conf'),
      CONTAINERS_REGISTRIES_CONF: at('registries.conf'),
      PODMAN_IGNORE_CGROUPSV1_WARNING: '1',
    },
  };
}
