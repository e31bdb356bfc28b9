import type { DockerClient } from './docker-client.js';

/** Parts of dockerode that are never used here and cost most of its load time (docs/decisions/0006); a bundle leaves out the same. */
const unused = [
  ['docker-modem', () => function NoModem() {}],
  ['./session', () => () => undefined],
  ['./buildkit', () => () => undefined],
  ['tar-fs', () => ({})],
  ['@balena/dockerignore', () => () => undefined],
] as const;

type DockerClass = new (options: { modem: unknown }) => DockerClient;

let loading: Promise<DockerClass> | undefined;

/** dockerode's class of resources, loaded on the first call that needs it. */
export function loadDockerode(): Promise<DockerClass> {
  loading ??= load();
  return loading;
}

async function load(): Promise<DockerClass> {
  // A bundle has it inside, without the unused parts; a dockerode that a project has is not dock's.
  if (!import.meta.url.endsWith('/load-dockerode.ts')) {
    const bundled: { default: unknown } = await import('dockerode');
    return bundled.default as DockerClass;
  }
  // Not an import: test runners replace that one by a require whose cache cannot be seeded.
  const { createRequire } = process.getBuiltinModule('node:module');
  const require = createRequire(import.meta.url);
  const entry = require.resolve('dockerode');
  const requireThere = createRequire(entry);
  const before = new Set(Object.keys(require.cache));
  try {
    for (const [name, standIn] of unused) {
      const filename = requireThere.resolve(name);
      if (!before.has(filename)) require.cache[filename] = standInModule(filename, standIn());
    }
    return require(entry) as DockerClass;
  } finally {
    // Another user of dockerode in this process gets a whole one of its own.
    for (const filename of Object.keys(require.cache)) if (!before.has(filename)) delete require.cache[filename];
  }
}

function standInModule(filename: string, exports: unknown): NodeJS.Module {
  return { id: filename, filename, loaded: true, exports, children: [], paths: [] } as unknown as NodeJS.Module;
}
