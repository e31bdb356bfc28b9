import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
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
export interface ModuleList {
  /** The file of each module that can be imported: `{ "@dock/core": "core.js" }`. */
  readonly modules: Readonly<Record<string, string>>;
  /** Of each package, what {@link packageSum} was when they were bundled. */
  readonly sums: Readonly<Record<string, string>>;
}

/** Modules of dock that need not be bundled again. */
export interface Prebuilt {
  /** The files, under `bundle/`. */
  readonly files: readonly TarFileEntry[];
  /** Leaves them out of a bundle, wherever they are the very ones that dock itself would load. */
  readonly plugin: Plugin;
  /** Whether something asked for one of them by `require`, which loads no ES module: its bundle needs a copy, and must not have two. */
  isRequired(): boolean;
}

/** Read what is bundled already. @returns `undefined` when there is nothing, or a package of dock is not what it was made of any more */
export async function readPrebuilt({ directory, prebuilt }: InsideEntry): Promise<Prebuilt | undefined> {
  const list = prebuilt === undefined ? undefined : await readList(join(prebuilt, listName));
  if (prebuilt === undefined || list === undefined) return undefined;
  const require = createRequire(join(directory, 'index.js'));
  const isSame = async ([name, sum]: readonly [string, string]): Promise<boolean> =>
    (await packageSum(dirname(require.resolve(`${name}/package.json`)))) === sum;
  const same = await Promise.all(Object.entries(list.sums).map(isSame));
  if (same.includes(false)) return undefined;
  const names = (await readdir(prebuilt)).filter((name) => name.endsWith('.js'));
  const files = names.map(async (name) => ({
    path: `bundle/${place}/${name}`,
    content: await readFile(join(prebuilt, name)),
  }));
  let isRequired = false;
  return {
    files: [{ path: `bundle/${place}` }, ...(await Promise.all(files))],
    plugin: leaveOut(list.modules, directory, () => {
      isRequired = true;
    }),
    isRequired: () => isRequired,
  };
}

async function readList(path: string): Promise<ModuleList | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ModuleList;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** What the code of a package of dock is, as it is shipped: a patched one is another. @param directory where it is installed */
export async function packageSum(directory: string): Promise<string> {
  const bundle = join(directory, 'dist', 'bundle');
  const names = (await readdir(bundle)).filter((name) => name.endsWith('.js')).sort();
  const texts = await Promise.all(names.map(async (name) => readFile(join(bundle, name))));
  const hash = createHash('sha256').update(JSON.stringify(names));
  for (const text of texts) hash.update(text);
  return hash.digest('hex');
}

/** Another copy of a package, which a project may have, is bundled as anything else is. */
function leaveOut(modules: ModuleList['modules'], directory: string, onRequire: () => void): Plugin {
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
        if (file === undefined || pluginData === ownQuestion) return undefined;
        const ownOne = own.get(path) ?? ownPath(path);
        own.set(path, ownOne);
        const found = await build.resolve(path, { importer, resolveDir, kind, pluginData: ownQuestion });
        if (found.errors.length > 0 || found.path !== (await ownOne)) return undefined;
        if (kind === 'import-statement' || kind === 'dynamic-import')
          return { path: `./${place}/${file}`, external: true };
        onRequire();
        return undefined;
      });
    },
  };
}
