import { wholeStepLogs } from '@dock/core/internal';
import { enginePlaces, type InnerEngineSettings } from './inner-engine-settings.js';

/** Variables that programs take their proxies from. */
const proxyVariables = ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY'].flatMap((name) => [
  name,
  name.toLowerCase(),
]);

/**
 * Flags of dockerd. Its own config file keeps a `daemon.json` of the build image from meeting the same keys twice.
 *
 * @param containerd The socket of a containerd that runs; without one, dockerd starts its own.
 */
export function daemonArguments(settings: InnerEngineSettings, containerd?: string): readonly string[] {
  const { dataRoot, insecureRegistries, registryMirrors, dns, mtu, addressPools, engineArgs } = settings;
  return [
    `--config-file=${enginePlaces.config}`,
    `--host=unix://${enginePlaces.socket}`,
    '--group=0',
    `--data-root=${dataRoot}`,
    `--exec-root=${enginePlaces.execRoot}`,
    `--pidfile=${enginePlaces.pidFile}`,
    ...(containerd === undefined ? [] : [`--containerd=${containerd}`]),
    ...insecureRegistries.map((registry) => `--insecure-registry=${registry}`),
    ...registryMirrors.map((mirror) => `--registry-mirror=${mirror}`),
    ...dns.map((server) => `--dns=${server}`),
    ...(mtu === undefined ? [] : [`--mtu=${mtu}`]),
    ...addressPools.map(({ base, size }) => `--default-address-pool=base=${base},size=${size}`),
    ...engineArgs,
  ];
}

/** The release of an engine, by what `dockerd --version` prints: 26. */
export function engineRelease(text: string): number | undefined {
  const release = /^Docker version (\d+)\./m.exec(text)?.[1];
  return release === undefined ? undefined : Number(release);
}

/** The first release whose BuildKit can do without limits of a step's log. */
const firstWithoutLimits = 23;

/**
 * The environment of dockerd: nothing of the job's but its proxies.
 *
 * @param env the environment of the job
 * @param release of the dockerd that gets it, where that is known
 */
export function daemonEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  { caFile }: InnerEngineSettings,
  release?: number,
): Record<string, string> {
  const proxies = proxyVariables.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  return {
    PATH: env['PATH'] ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: enginePlaces.root,
    // Without it dockerd looks for AppArmor, which a container cannot set up.
    container: 'docker',
    // By default BuildKit cuts the log of a step at 2 MiB and 200 KiB/s.
    ...(release !== undefined && release >= firstWithoutLimits ? wholeStepLogs : {}),
    ...(caFile === undefined ? {} : { SSL_CERT_FILE: enginePlaces.certificates }),
    ...Object.fromEntries(proxies),
  };
}
