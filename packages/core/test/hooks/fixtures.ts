import type { BuildSpec } from '../../src/contracts/build-spec.js';
import type { EngineImage } from '../../src/contracts/image.js';

/** A valid spec. */
export function buildSpec(overrides: Partial<BuildSpec> = {}): BuildSpec {
  return {
    contextDir: '/src',
    dockerfile: { path: '/src/Dockerfile', text: 'FROM scratch\n' },
    buildArgs: {},
    labels: {},
    platforms: [],
    builder: 'auto',
    noCache: false,
    pull: false,
    bases: [],
    references: [],
    ...overrides,
  };
}

/** A valid built image. */
export function builtImage(): EngineImage {
  const digest = `sha256:${'a'.repeat(64)}`;
  return {
    place: { kind: 'engine', id: digest, store: 'classic' },
    id: digest,
    store: 'classic',
    configDigest: digest,
    platforms: [{ platform: 'linux/amd64', configDigest: digest }],
  };
}

/** What a promise rejects with; fails when it does not. */
export async function caught(promise: Promise<unknown>): Promise<unknown> {
  const settled = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in settled) return settled.error;
  throw new Error('it did not fail');
}
