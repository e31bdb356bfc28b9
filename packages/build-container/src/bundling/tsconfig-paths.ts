import type { Plugin, PluginBuild } from 'esbuild';

/** Marks a question of a plugin: none of them is answered here, or two plugins would ask each other without an end. */
const question = Symbol('a question of this plugin');

/**
 * Finds by `paths` of a tsconfig, and of what it extends, the imports that are found nowhere else. Nothing else of it has a say, as where the command line
 * loads a config.
 */
export function tsconfigPaths(tsconfig: string): Plugin {
  return {
    name: 'dock-tsconfig-paths',
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
        if (pluginData !== undefined || kind === 'entry-point') return undefined;
        const plain = await build.resolve(path, { kind, importer, resolveDir, pluginData: question });
        if (plain.errors.length === 0) return undefined;
        const found = await findByPaths(build, { path, resolveDir, tsconfig });
        return found === undefined ? undefined : { path: found };
      });
    },
  };
}

/** A bundle of this import alone says where it leads. */
async function findByPaths(
  { esbuild }: PluginBuild,
  { path, resolveDir, tsconfig }: { readonly path: string; readonly resolveDir: string; readonly tsconfig: string },
): Promise<string | undefined> {
  let found: string | undefined;
  const note: Plugin = {
    name: 'dock-note',
    setup(inner) {
      inner.onLoad({ filter: /./, namespace: 'file' }, (loaded) => {
        found = loaded.path;
        return { contents: '', loader: 'js' };
      });
    },
  };
  const stdin = { contents: `import ${JSON.stringify(path)};`, resolveDir, loader: 'ts' as const };
  const options = { bundle: true, write: false, platform: 'node', logLevel: 'silent' } as const;
  // One that is not found is told by the bundle that asked for it.
  await esbuild.build({ ...options, stdin, tsconfig, plugins: [note] }).catch(() => undefined);
  return found;
}
