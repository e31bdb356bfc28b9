import {
  DockError,
  type EnginePort,
  formatImageReference,
  type ImageDetails,
  type ImageReference,
  type ManifestDescription,
} from '@dock/core';

/** One scripted answer of `pushImage`: an error to throw, or what to do before the push succeeds. */
export type PushStep = DockError | ((name: string) => void | Promise<void>);

/** An engine with names and a registry, in memory, that records what is asked of it. */
export interface MemoryEngine {
  readonly port: Partial<EnginePort>;
  /** Name to image ID. */
  readonly names: Map<string, string>;
  /** Name to manifest, as the registry holds it. */
  readonly registry: Map<string, ManifestDescription>;
  /** What was called, as `push registry/name:tag`. */
  readonly calls: string[];
  /** Pushes under way at the same time, at most. */
  readonly most: { pushes: number };
  /** Answers of the next pushes of a name, in order; then they succeed. */
  script(name: string, ...steps: PushStep[]): void;
}

const digestFor = (id: string) => `sha256:${id.slice(7).split('').reverse().join('')}`;

/** The digest under which the memory registry holds an image. */
export const manifestDigest = digestFor;

export function memoryEngine(): MemoryEngine {
  const names = new Map<string, string>();
  const registry = new Map<string, ManifestDescription>();
  const calls: string[] = [];
  const scripts = new Map<string, PushStep[]>();
  const most = { pushes: 0 };
  let running = 0;

  const details = (id: string): ImageDetails => ({
    id,
    tags: [...names].flatMap(([name, named]) => (named === id ? [name] : [])),
    digests: [],
    platform: 'linux/amd64',
    size: 1,
    layers: [],
    labels: {},
    env: [],
    entrypoint: [],
    command: [],
    exposedPorts: [],
    user: '',
    workingDir: '',
    onBuild: [],
  });

  const pushImage: EnginePort['pushImage'] = async (reference: ImageReference, options = {}) => {
    const name = formatImageReference(reference);
    calls.push(`push ${name}`);
    running += 1;
    most.pushes = Math.max(most.pushes, running);
    try {
      await new Promise((resolve) => setImmediate(resolve));
      await options.onEvent?.({ type: 'push.progress', reference: name, layer: 'one', status: 'Layer already exists' });
      const step = scripts.get(name)?.shift();
      if (typeof step === 'function') await step(name);
      else if (step !== undefined) throw step;
      const id = names.get(name);
      if (id === undefined) throw new DockError('IMAGE_NOT_FOUND', `"${name}" does not exist locally.`);
      const digest = digestFor(id);
      if (!registry.has(name))
        registry.set(name, { digest, mediaType: 'm', configDigest: id, platforms: [], via: 'engine' });
      return { digest, size: 1 };
    } finally {
      running -= 1;
    }
  };

  return {
    names,
    registry,
    calls,
    most,
    script: (name, ...steps) => void scripts.set(name, steps),
    port: {
      async inspectImage(nameOrId) {
        const id = names.get(nameOrId) ?? (nameOrId.startsWith('sha256:') ? nameOrId : undefined);
        return id === undefined ? undefined : details(id);
      },
      async tagImage(id, reference) {
        const name = formatImageReference(reference);
        calls.push(`tag ${name}`);
        names.set(name, id);
      },
      async removeImage(name) {
        calls.push(`remove ${name}`);
        names.delete(name);
      },
      pushImage,
      async findManifest(reference) {
        const name = formatImageReference(reference);
        calls.push(`look up ${name}`);
        return registry.get(name);
      },
      async probeRegistry(reference) {
        calls.push(`probe ${reference.registry}/${reference.repository}`);
        return { registry: reference.registry, hasCredentials: true, credentialOrigin: 'config.json', via: 'direct' };
      },
    },
  };
}
