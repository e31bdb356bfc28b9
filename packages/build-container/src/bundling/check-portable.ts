import { readFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { DockError } from '@dock/core';
import type { Metafile } from 'esbuild';

/** Packages whose only purpose is to load a native addon by a path that no bundler sees. */
const nativeLoaders =
  /[\\/]node_modules[\\/](bindings|node-gyp-build|@mapbox[\\/]node-pre-gyp|node-gyp-build-optional-packages)[\\/]/;

/** `new URL('./file', import.meta.url)`: a file beside a module, which is not there inside. */
const assets = /new\s+URL\(\s*(['"`])(\.{0,2}\/?[^'"`:]+)\1\s*,\s*import\.meta\.url\s*\)/g;

/**
 * Whether everything that a bundle was made of can run where only the bundle is: native addons and files beside a module cannot.
 *
 * @param directory What the paths of the bundle's inputs are relative to.
 * @throws CONFIG_NOT_PORTABLE with the file and who imports it
 */
export async function checkPortable({ inputs }: Metafile, directory: string): Promise<void> {
  const importers = new Map<string, string>();
  for (const [importer, { imports }] of Object.entries(inputs))
    for (const { path } of imports) if (!importers.has(path)) importers.set(path, importer);
  const importerOf = (file: string) => resolve(directory, importers.get(file) ?? file);
  for (const file of Object.keys(inputs)) {
    if (extname(file) === '.node') throw notPortable('a native addon', resolve(directory, file), importerOf(file));
    const loader = nativeLoaders.exec(`/${file}`)?.[1];
    if (loader !== undefined) throw notPortable(`a native addon, loaded by "${loader}"`, importerOf(file));
  }
  for (const file of Object.keys(inputs).filter((each) => /\.[cm]?[jt]sx?$/.test(each) && !each.includes(':'))) {
    const path = resolve(directory, file);
    const [, , asset] = assets.exec(await readFile(path, 'utf8')) ?? [];
    assets.lastIndex = 0;
    if (asset !== undefined && !/^\.{1,2}\/?$/.test(asset)) throw notPortable('a file beside it', asset, path);
  }
}

/** @throws CONFIG_NOT_PORTABLE */
export function notPortable(what: string, file: string, importer?: string): DockError {
  const by = importer === undefined ? '' : `, used by "${importer}",`;
  return new DockError('CONFIG_NOT_PORTABLE', `"${file}"${by} cannot be packed for a build container: it is ${what}.`, {
    details: { file, ...(importer === undefined ? {} : { importer }) },
  });
}
