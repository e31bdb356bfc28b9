import { existsSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensurePrivateDirectory } from '@dock/api';

/** What a config file exports by default; absent when it exports nothing. */
export interface LoadedModule {
  readonly exported?: unknown;
}

/**
 * Load a config file: JavaScript by Node itself, TypeScript by jiti, which shares Node's instances of packages.
 *
 * @param cacheDir Where compiled files are kept, 0700 and ours alone.
 */
export async function loadModule(file: string, cacheDir: string): Promise<LoadedModule> {
  if (!extname(file).endsWith('ts')) return defaultOf((await import(pathToFileURL(file).href)) as object, true);
  const { createJiti } = await import('jiti');
  const options = { interopDefault: true, fsCache: compileCache(cacheDir) };
  const load = async (more: { readonly tsconfigPaths?: string } = {}) =>
    createJiti(file, { ...options, ...more }).import<{ readonly __esModule?: boolean }>(file);
  const loaded = await load().catch(async (error: unknown) => {
    // Only "paths" of a tsconfig beside the config has a say, and only for an import that is found nowhere else.
    const tsconfigPaths = join(dirname(file), 'tsconfig.json');
    if (!isMissingPackage(error) || !existsSync(tsconfigPaths)) throw error;
    return load({ tsconfigPaths });
  });
  return defaultOf(loaded, loaded.__esModule === true);
}

function isMissingPackage(error: unknown): boolean {
  const { code = '', message = '' } = error as Partial<NodeJS.ErrnoException>;
  return /^(?:ERR_)?MODULE_NOT_FOUND$/.test(code) && !/^Cannot find (?:module|package) '(?:\.|\/|file:)/.test(message);
}

/** jiti offers the exports themselves where there is no default: right for CommonJS, wrong for a module. */
function defaultOf(exports: object, isModule: boolean): LoadedModule {
  if ('default' in exports) return { exported: exports.default };
  return isModule ? {} : { exported: exports };
}

/** A syntax error and its place. */
export interface SyntaxFailure {
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

/** The syntax error of a JavaScript file, if it has one: Node does not say where a module's is. */
export async function findSyntaxError(source: string, file: string): Promise<SyntaxFailure | undefined> {
  const { createJiti } = await import('jiti');
  const code = createJiti(file, { fsCache: false }).transform({ source, filename: file, ts: false });
  const failure = /^exports\.__JITI_ERROR__ = (\{.*\})/.exec(code)?.[1];
  return failure === undefined ? undefined : (JSON.parse(failure) as SyntaxFailure);
}

/** No cache is better than one that others can write to, or an error about one. */
function compileCache(cacheDir: string): string | false {
  try {
    return ensurePrivateDirectory(join(ensurePrivateDirectory(cacheDir), 'jiti'));
  } catch {
    return false;
  }
}
