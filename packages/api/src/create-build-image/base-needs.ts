import { DockError, type EnginePort } from '@dock/core';

/** What a build image has to have; `engine` only when asked for. */
export type Need = 'node' | 'git' | 'certificates' | 'engine' | 'iptables';

/** How a base installs packages. */
export type PackageManager = 'apt-get' | 'apk' | 'dnf' | 'microdnf';

/** What an image has of what a build image needs. */
export interface ImageFacts {
  readonly missing: readonly Need[];
  /** Absent when it has none that dock knows. */
  readonly packageManager?: PackageManager;
  /** Version of its Node, `v20.19.0`; absent without one. */
  readonly node?: string;
  /** Whether its command `dock` starts. */
  readonly hasDock: boolean;
}

/** The oldest Node that dock runs on. */
const oldest = [20, 19] as const;

const certificateFiles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

const script = `
has() { command -v "$1" >/dev/null 2>&1 && echo "has $1"; }
for name in git dockerd containerd runc iptables apt-get apk dnf microdnf; do has $name; done
echo "node $(node --version 2>/dev/null)"
for file in ${certificateFiles.join(' ')}; do [ -s "$file" ] && echo "has certificates"; done
dock --version >/dev/null 2>&1 && echo "has dock"
echo end
`;

/**
 * Ask an image what it has, in a container without a network.
 *
 * @throws BUILD_IMAGE_NO_NODE when it has no shell to be asked with, CONTAINER_FAILED
 */
export async function askImage(
  engine: EnginePort,
  image: string,
  { withEngine, runId, signal }: { readonly withEngine: boolean; readonly runId: string; readonly signal: AbortSignal },
): Promise<ImageFacts> {
  const { output } = await engine
    .runContainer(
      {
        image,
        entrypoint: ['/bin/sh'],
        command: ['-c', script],
        network: 'none',
        user: '0:0',
        role: 'probe',
        runId,
      },
      { signal, timeoutMs: 120_000 },
    )
    .catch((error: unknown) => {
      if (error instanceof Error && /\/bin\/sh/.test(error.message)) {
        throw new DockError('INVALID_OPTION', `The base "${image}" has no shell: nothing can be installed in it.`, {
          cause: error,
          hint: 'Name another base with --base.',
        });
      }
      throw error;
    });
  if (!/^end$/m.test(output)) {
    throw new DockError('CONTAINER_FAILED', `The image "${image}" did not say what it has: ${JSON.stringify(output)}`);
  }
  const has = (name: string) => new RegExp(`^has ${name}$`, 'm').test(output);
  const node = /^node (v\d+\.\d+\S*)$/m.exec(output)?.[1];
  const packageManager = (['apt-get', 'apk', 'dnf', 'microdnf'] as const).find(has);
  const missing: Need[] = [];
  if (node === undefined || !isNewEnough(node)) missing.push('node');
  if (!has('git')) missing.push('git');
  if (!has('certificates')) missing.push('certificates');
  if (withEngine) {
    if (!['dockerd', 'containerd', 'runc'].every(has)) missing.push('engine');
    if (!has('iptables')) missing.push('iptables');
  }
  return {
    missing,
    hasDock: has('dock'),
    ...(packageManager === undefined ? {} : { packageManager }),
    ...(node === undefined ? {} : { node }),
  };
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.slice(1).split('.').map(Number);
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}
