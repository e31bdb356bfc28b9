import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { BuildContainerProfile, ContainerShape, HostEngine, InnerEngineSettings } from '@dock/build-container';
import { DockError } from '@dock/core';
import type { CreateRequest, TarFileEntry } from '@dock/engine';
import { cacheVolume, claimCache } from './cache-volume.js';
import { explainRefusal } from './explain-refusal.js';
import { createLoader } from './load-image.js';
import type { PrivilegedOptions } from './privileged-options.js';

/** Where the engine inside keeps its data. */
const dataRoot = '/var/lib/docker';
/** The certificates of the option `ca`, on the job's volume. */
const caFile = { path: 'ca.pem', inside: '/run/dock/ca.pem' } as const;

/** A build container with an engine of its own. */
export function privilegedProfile(options: PrivilegedOptions, cwd: string): BuildContainerProfile {
  const { mode = 'privileged', cache, ca } = options;
  const loader = options.load === true ? createLoader() : {};
  return {
    name: 'privileged',
    options,
    async shape(host, { signal }): Promise<ContainerShape> {
      const certificates = ca === undefined ? undefined : await readCertificates(resolve(cwd, ca));
      if (cache !== undefined) await host.containers.createVolume(cacheVolume(cache), { signal });
      const { hasUserNamespaces } = await host.containers.security({ signal });
      return {
        container: {
          ...rights[mode],
          // Orphans of containerd and runc are reaped by an init of the host's engine.
          init: true,
          mounts: [
            { kind: 'volume', target: dataRoot, ...(cache === undefined ? {} : { name: cacheVolume(cache).name }) },
          ],
          // Full rights and remapped users exclude each other.
          ...(hasUserNamespaces ? { usernsMode: 'host' } : {}),
          ...(certificates === undefined ? {} : { env: [`NODE_EXTRA_CA_CERTS=${caFile.inside}`] }),
        },
        engine: engineSettings(options, host),
        ...(certificates === undefined ? {} : { files: [certificates] }),
      };
    },
    ...(cache === undefined ? {} : { beforeStart: (container) => claimCache(cache, container) }),
    ...loader,
    explainStartFailure: (error) => explainRefusal(error, mode),
  };
}

/** Both are root on the machine; the second names what the engine inside uses of it. */
const rights: Readonly<Record<NonNullable<PrivilegedOptions['mode']>, Partial<CreateRequest>>> = {
  privileged: { privileged: true },
  capabilities: {
    capAdd: ['SYS_ADMIN', 'NET_ADMIN'],
    securityOpt: ['seccomp=unconfined', 'apparmor=unconfined', 'label=disable'],
    hasSystemPaths: true,
  },
};

function engineSettings(options: PrivilegedOptions, { description }: HostEngine): InnerEngineSettings {
  const { dns = [], mtu, addressPools = [], engineArgs = [], ca, startTimeoutMs = 60_000 } = options;
  return {
    kind: 'inner',
    dataRoot,
    insecureRegistries: description.insecureRegistries,
    registryMirrors: description.registryMirrors,
    dns,
    addressPools,
    engineArgs,
    startTimeoutMs,
    ...(mtu === undefined ? {} : { mtu }),
    ...(ca === undefined ? {} : { caFile: caFile.inside }),
  };
}

async function readCertificates(path: string): Promise<TarFileEntry> {
  const content = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw unusable(path, `cannot be read (${error.code ?? 'unknown'})`);
  });
  if (!content.includes('-----BEGIN CERTIFICATE-----')) throw unusable(path, 'holds no certificate');
  return { path: caFile.path, content, mode: 0o644 };
}

function unusable(path: string, why: string): DockError {
  return new DockError('INVALID_OPTION', `The file "${path}" of the option "ca" ${why}.`, {
    hint: 'Name a readable PEM file.',
  });
}
