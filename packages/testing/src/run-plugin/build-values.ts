import type { BuildSpec, Checkout, EngineImage } from '@dock/core';

const digestOf = (letter: string): string => `sha256:${letter.repeat(64)}`;

/** A checkout of a clean git commit; `overrides` replaces what a test cares about. */
export function checkout(overrides: Partial<Checkout> = {}): Checkout {
  return {
    kind: 'git',
    directory: '/source',
    contextDir: '/source',
    git: {
      url: 'https://git.example/team/app.git',
      commit: '0123456789abcdef0123456789abcdef01234567',
      ref: 'main',
      authorDate: '2024-01-02T03:04:05Z',
      isDirty: false,
    },
    ...overrides,
  };
}

/** The spec of a small build; `overrides` replaces what a test cares about. */
export function buildSpec(overrides: Partial<BuildSpec> = {}): BuildSpec {
  return {
    contextDir: '/source',
    dockerfile: { path: '/source/Dockerfile', text: 'FROM busybox:1\n' },
    buildArgs: {},
    labels: {},
    platforms: [],
    builder: 'auto',
    noCache: false,
    pull: false,
    bases: [
      {
        use: 'from',
        text: 'busybox:1',
        reference: { registry: 'docker.io', repository: 'library/busybox', tag: '1' },
        line: 1,
      },
    ],
    references: [],
    ...overrides,
  };
}

/** A built image as the classic store has it; `overrides` replaces what a test cares about. */
export function builtImage(overrides: Partial<Omit<EngineImage, 'place'>> = {}): EngineImage {
  const { id = digestOf('a'), store = 'classic' } = overrides;
  return {
    place: { kind: 'engine', id, store },
    id,
    store,
    configDigest: id,
    platforms: [{ platform: 'linux/amd64', configDigest: id }],
    ...overrides,
  };
}
