/** A platform in its three parts. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string;
}

const architectures: Readonly<Record<string, string>> = {
  i386: '386',
  x86_64: 'amd64',
  'x86-64': 'amd64',
  aarch64: 'arm64',
  armhf: 'arm/v7',
  armel: 'arm/v6',
};

/** Reads `os/arch[/variant]`, or an architecture alone, and normalises it as containerd does. */
export function readPlatform(text: string): Platform {
  const parts = text.toLowerCase().split('/');
  const [os, written = '', ownVariant] = parts.length === 1 ? ['linux', ...parts] : parts;
  const known = Object.hasOwn(architectures, written) ? architectures[written] : undefined;
  const [architecture = '', impliedVariant] = (known ?? written).split('/');
  const variant = (ownVariant ?? impliedVariant ?? (architecture === 'arm' ? 'v7' : '')).replace(/^(\d)$/, 'v$1');
  const isDefault = (architecture === 'arm64' && variant === 'v8') || (architecture === 'amd64' && variant === 'v1');
  return { os: os ?? 'linux', architecture, variant: isDefault ? '' : variant };
}

/** The arguments that BuildKit predefines for a platform: `TARGETPLATFORM`, `TARGETOS`, `TARGETARCH`, `TARGETVARIANT`, or with `BUILD`. */
export function platformArgs(prefix: 'TARGET' | 'BUILD', platform: string): readonly (readonly [string, string])[] {
  const { os, architecture, variant } = readPlatform(platform);
  return [
    [`${prefix}PLATFORM`, [os, architecture, variant].filter((part) => part !== '').join('/')],
    [`${prefix}OS`, os],
    [`${prefix}ARCH`, architecture],
    [`${prefix}VARIANT`, variant],
  ];
}

/** The names that {@link platformArgs} gives values to. */
export function platformArgNames(prefix: 'TARGET' | 'BUILD'): readonly string[] {
  return platformArgs(prefix, 'os/arch').map(([name]) => name);
}
