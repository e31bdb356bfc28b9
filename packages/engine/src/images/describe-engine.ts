import type { EngineDescription } from '@dock/core';
import { type AnswerShape, documentOf } from '../transport/answers.js';
import type { CallScope, EngineConnection } from '../transport/connection.js';

/** What `/info` says, as far as dock reads it. */
interface RawInfo {
  readonly ID?: string;
  readonly ServerVersion?: string;
  readonly OSType?: string;
  readonly Architecture?: string;
  readonly Driver?: string;
  readonly DriverStatus?: readonly (readonly [string, string])[] | null;
  readonly DockerRootDir?: string;
  readonly SecurityOptions?: readonly string[] | null;
  readonly RegistryConfig?: {
    readonly InsecureRegistryCIDRs?: readonly string[] | null;
    readonly IndexConfigs?: Readonly<Record<string, { readonly Secure?: boolean }>> | null;
    readonly Mirrors?: readonly string[] | null;
  } | null;
}

const infoShape: AnswerShape = {
  ...{ ID: 'text', ServerVersion: 'text', OSType: 'text', Architecture: 'text', Driver: 'text', DockerRootDir: 'text' },
  ...{ DriverStatus: 'list', SecurityOptions: 'texts' },
  RegistryConfig: { InsecureRegistryCIDRs: 'texts', IndexConfigs: {}, Mirrors: 'texts' },
};

/** `uname -m` in the words of images. */
const architectures: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  aarch64: 'arm64',
  armv7l: 'arm/v7',
  armv6l: 'arm/v6',
  i386: '386',
  i686: '386',
};

/** Ask the engine what it is. */
export async function describeEngine(connection: EngineConnection, scope: CallScope = {}): Promise<EngineDescription> {
  const ping = await connection.ping(scope);
  // Without dockerode, which is loaded while something else is waited for.
  const what = 'asking the engine what it is';
  const info = documentOf<RawInfo>(what, await connection.ask(what, '/info', scope), infoShape);
  const registries = info.RegistryConfig ?? {};
  const insecureHosts = Object.entries(registries.IndexConfigs ?? {})
    .filter(([, { Secure }]) => Secure === false)
    .map(([host]) => host);
  const isContainerd = (info.DriverStatus ?? []).some(
    ([key, value]) => key === 'driver-type' && String(value).startsWith('io.containerd.snapshotter'),
  );
  const architecture = info.Architecture ?? '';
  return {
    id: info.ID ?? '',
    version: info.ServerVersion ?? '',
    apiVersion: ping.negotiated,
    platform: `${info.OSType ?? ping.osType}/${architectures[architecture] ?? architecture}`,
    store: isContainerd ? 'containerd' : 'classic',
    hasBuildkit: ping.hasBuildkit,
    rootDir: info.DockerRootDir ?? '',
    insecureRegistries: [...(registries.InsecureRegistryCIDRs ?? []), ...insecureHosts],
    registryMirrors: registries.Mirrors ?? [],
    securityOptions: info.SecurityOptions ?? [],
  };
}
