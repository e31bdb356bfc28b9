import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensurePrivateDirectory } from '@dock/api';

/** Its exports, by name. */
export type ModuleExports = Readonly<Record<string, unknown>>;

/**
 * Load a config file as a module: JavaScript by Node itself, TypeScript by jiti, which shares Node's instances of packages.
 *
 * @param cacheDir Where compiled files are kept, 0700 and ours alone.
 */
export async function loadModule(file: string, cacheDir: string): Promise<ModuleExports> {
  if (!extname(file).endsWith('ts')) return (await import(pathToFileURL(file).href)) as ModuleExports;
  const { createJiti } = await import('jiti');
  const jiti = createJiti(file, { interopDefault: true, fsCache: compileCache(cacheDir) });
  return jiti.import<ModuleExports>(file);
}

/** Whether a file parses, and if not the parser's message with its place: Node does not say where a module's syntax error is. */
export async function findSyntaxError(source: string, file: string): Promise<string | undefined> {
  const { createJiti } = await import('jiti');
  try {
    createJiti(file, { fsCache: false }).transform({ source, filename: file, ts: false });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** No cache is better than one that others can write to, or an error about one. */
function compileCache(cacheDir: string): string | false {
  try {
    return ensurePrivateDirectory(join(ensurePrivateDirectory(cacheDir), 'jiti'));
  } catch {
    return false;
  }
}
