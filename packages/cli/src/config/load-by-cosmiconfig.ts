import { resolve } from 'node:path';
import { cosmiconfig } from 'cosmiconfig';
import { configExtensions } from './find-config.js';
import { type LoadedModule, loadModule } from './load-module.js';

/**
 * `load` only, with our own loader: `search` takes a config that throws ENOENT for no config. What the loader throws is carried past cosmiconfig, which
 * writes properties into it.
 */
export async function loadByCosmiconfig(file: string, cacheDir: string): Promise<unknown> {
  let failure: { readonly thrown: unknown } | undefined;
  const load = async (path: string) => {
    try {
      const { exported } = await loadModule(path, cacheDir);
      // A config may be a promise.
      return { exported: await exported };
    } catch (thrown) {
      failure = { thrown };
      return {};
    }
  };
  const explorer = cosmiconfig('dock', {
    cache: false,
    searchPlaces: [],
    loaders: Object.fromEntries(configExtensions.map((extension) => [extension, load])),
  });
  const found = (await explorer.load(resolve(file))) as { readonly config?: LoadedModule } | null;
  if (failure !== undefined) throw failure.thrown;
  return found?.config?.exported;
}
