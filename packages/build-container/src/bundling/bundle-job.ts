import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { DockError, dockVersion, type InsideEntry } from '@dock/core';
import type { TarFileEntry } from '@dock/engine';
import type { BuildFailure, BuildOptions, BuildResult, Message, OutputFile, Plugin } from 'esbuild';
import { insideBundleOptions, neverInside } from './bundle-options.js';
import { checkPortable, notPortable } from './check-portable.js';
import { entryScript, loadScript } from './entry-script.js';
import { type Prebuilt, readPrebuilt } from './prebuilt.js';
import { tsconfigPaths } from './tsconfig-paths.js';

/** What a job is started from. */
export interface BundleRequest {
  readonly inside: InsideEntry;
  /** Absolute; absent for the standard plugins. */
  readonly configFile?: string;
}

/**
 * Bundle dock's own inside-build entry with the config file and everything that it imports, each resolved from where it really is. What is imported lazily
 * is evaluated lazily there too. What dock has bundled already goes with it as it is.
 *
 * @returns The files of the bundle, under `bundle/`.
 * @throws CONFIG_NOT_PORTABLE, CONFIG_ERROR
 */
export async function bundleJob({ inside, configFile }: BundleRequest): Promise<readonly TarFileEntry[]> {
  const [{ build }, found] = await Promise.all([import('esbuild'), readPrebuilt(inside)]);
  const outdir = resolve('/', 'bundle');
  // The project's: where Yarn's PnP is at work, esbuild looks for its map from here.
  const directory = configFile === undefined ? inside.directory : dirname(configFile);
  const load = configFile === undefined ? '' : `loadConfig: () => import(${JSON.stringify(configFile)}),`;
  const tsconfig = join(directory, 'tsconfig.json');
  const bundle = async (prebuilt: Prebuilt | undefined, more: readonly Plugin[] = []): Promise<BuildResult<Bundled>> =>
    build({
      ...insideBundleOptions,
      stdin: {
        contents: `import { startInside } from ${JSON.stringify(inside.specifier)};\nstartInside({ ${load} });\n`,
        resolveDir: inside.directory,
        sourcefile: 'dock:main.js',
        loader: 'js',
      },
      absWorkingDir: directory,
      // One file: chunks would take the named exports from CommonJS packages that are imported lazily.
      write: false,
      metafile: true,
      outdir,
      entryNames: 'main',
      // A stack names the lines of the project, where they are on the host.
      sourcemap: 'inline',
      sourcesContent: false,
      sourceRoot: 'file:///bundle/',
      external: neverInside,
      plugins: [...(prebuilt === undefined ? [] : [prebuilt.plugin]), ...more],
      logLevel: 'silent',
    }).catch(async (error: unknown) => {
      // As the command line does: only an import that is found nowhere else, and only beside the config.
      const mayHelp = more.length === 0 && configFile !== undefined && isMissingPackage(error) && existsSync(tsconfig);
      if (mayHelp) return bundle(prebuilt, [tsconfigPaths(tsconfig)]);
      throw bundleError(error as BuildFailure, directory);
    });
  const first = await bundle(found);
  const prebuilt = found?.isRequired() === true ? undefined : found;
  const { outputFiles, metafile } = prebuilt === found ? first : await bundle(undefined);
  await checkPortable(metafile, directory);
  return [
    { path: 'bundle' },
    { path: 'bundle/package.json', content: '{"type":"module"}\n' },
    // Core asks its own package for its version.
    { path: 'bundle/node_modules/@dock/core/package.json', content: JSON.stringify({ version: dockVersion }) },
    { path: 'bundle/entry.cjs', content: entryScript },
    { path: 'bundle/load.cjs', content: loadScript },
    ...(prebuilt?.files ?? []),
    ...outputFiles.map(({ path, contents }: OutputFile) => ({
      path: `bundle/${relative(outdir, path)}`,
      content: contents,
    })),
  ];
}

interface Bundled extends BuildOptions {
  readonly write: false;
  readonly metafile: true;
}

function isMissingPackage(error: unknown): boolean {
  const { errors = [] } = error as Partial<BuildFailure>;
  return errors.some(({ text }) => /^Could not resolve "[^./]/.test(text));
}

/** The first error of a bundle, in our words. */
function bundleError(failure: Partial<BuildFailure>, directory: string): unknown {
  const [first] = failure.errors ?? [];
  if (first === undefined) return failure;
  const { file, line, column } = placeOf(first, directory);
  const specifier = /^Could not resolve "(.*)"/.exec(first.text)?.[1];
  if (specifier?.endsWith('.node') === true) return notPortable('a native addon', specifier, file);
  return new DockError('CONFIG_ERROR', `The job cannot be packed: ${first.text} (${file}:${line}:${column}).`, {
    hint: specifier === undefined ? 'Repair the named line.' : `Install "${specifier}" in the project.`,
    details: { file, line, column },
  });
}

function placeOf({ location }: Message, directory: string): { file: string; line: number; column: number } {
  return { file: resolve(directory, location?.file ?? ''), line: location?.line ?? 0, column: location?.column ?? 0 };
}
