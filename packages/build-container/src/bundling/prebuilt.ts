import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { InsideEntry } from '@dock/core';
import type { TarFileEntry } from '@dock/engine';
import type { Plugin } from 'esbuild';

/** Where they are in a bundle, beside its first file. */
const place = 'dock';
/** Names in the directory what it has. */
const listName = 'modules.json';
/** Tells our own questions to the resolver from those of the bundle. */
const ownQuestion = Symbol('dock');

/** Modules of dock that are bundled already, as `modules.json` lists them. */
interface ModuleList {
  /** The file of each module that can be imported: `{ "@dock/core": "core.js" }`. */
  readonly modules: Readonly<Record<string, string>>;
  /** The version that each package had. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Modules of dock that need not be bundled again. */
export interface Prebuilt {
  /** The files, under `bundle/`. */
  readonly files: readonly TarFileEntry[];
  /** Leaves them out of a bundle, wherever they are the very ones that dock itself would load. */
  readonly plugin: Plugin;
}

/** Read what is bundled already. @returns `undefined` when there is nothing, or another version of dock's packages is installed */
export async function readPrebuilt({ directory, prebuilt }: InsideEntry): Promise<Prebuilt | undefined> {
  if (prebuilt === undefined) return undefined;
  const { modules, versions } = JSON.parse(await readFile(join(prebuilt, listName), 'utf8')) as ModuleList;
  const require = createRequire(join(directory, 'index.js'));
  const isSame = ([name, version]: readonly [string, string]) =>
    (require(`${name}/package.json`) as { version: string }).version === version;
  if (!Object.entries(versions).every(isSame)) return undefined;
  const names = (await readdir(prebuilt)).filter((name) => name.endsWith('.js'));
  const files = names.map(async (name) => ({
    path: `bundle/${place}/${name}`,
    content: await readFile(join(prebuilt, name)),
  }));
  return {
    files: [{ path: `bundle/${place}` }, ...(await Promise.all(files))],
    plugin: leaveOut(modules, directory),
  };
}

/** Another copy of a package, which a project may have, is bundled as anything else is. */
function leaveOut(modules: ModuleList['modules'], directory: string): Plugin {
  return {
    name: 'dock-prebuilt',
    setup(build) {
      const own = new Map<string, Promise<string>>();
      const ownPath = async (path: string): Promise<string> => {
        const found = await build.resolve(path, {
          resolveDir: directory,
          kind: 'import-statement',
          pluginData: ownQuestion,
        });
        return found.path;
      };
      build.onResolve({ filter: /^@dock\// }, async ({ path, importer, resolveDir, kind, pluginData }) => {
        const file = modules[path];
        // They are ES modules, which `require` cannot load.
        const isImport = kind === 'import-statement' || kind === 'dynamic-import';
        if (file === undefined || !isImport || pluginData === ownQuestion) return undefined;
        const ownOne = own.get(path) ?? ownPath(path);
        own.set(path, ownOne);
        const found = await build.resolve(path, { importer, resolveDir, kind, pluginData: ownQuestion });
        const isOwn = found.errors.length === 0 && found.path === (await ownOne);
        return isOwn ? { path: `./${place}/${file}`, external: true } : undefined;
      });
    },
  };
}
