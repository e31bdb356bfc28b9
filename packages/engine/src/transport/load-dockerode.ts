import type Docker from 'dockerode';

/** Parts of dockerode that are never used here and cost most of its load time (docs/decisions/0006). */
const unused = [
  ['docker-modem', () => function NoModem() {}],
  ['./session', () => () => undefined],
  ['tar-fs', () => ({})],
  ['@balena/dockerignore', () => () => undefined],
] as const;

type DockerClass = new (options: { modem: unknown }) => Docker;

let loading: Promise<DockerClass> | undefined;

/** dockerode's class of resources, loaded on the first call that needs it. */
export function loadDockerode(): Promise<DockerClass> {
  loading ??= load();
  return loading;
}

async function load(): Promise<DockerClass> {
  // Not an import: test runners and bundlers replace that one by a require whose cache cannot be seeded.
  const { createRequire } = process.getBuiltinModule('node:module');
  const require = createRequire(import.meta.url);
  let entry: string;
  try {
    entry = require.resolve('dockerode');
  } catch {
    // Inside a bundle there is no package to resolve; the bundler followed this import.
    const bundled: { default: unknown } = await import('dockerode');
    return bundled.default as DockerClass;
  }
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
