import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { cacheDirectory, libraryDirectories } from '../install/cache-layout.js';
import { withFileLock } from '../install/file-lock.js';
import { packageSetKey, packageSets } from '../install/package-sets.js';
import { runCommand } from '../install/run-command.js';
import { installedTree } from '../install/tool-wrappers.js';
import { type LayerName, layerPlans } from './layer-plans.js';
import { stageLayer } from './stage-layer.js';

/** A layer as a file of the cache. */
export interface CachedLayer {
  readonly file: string;
  /** bytes */
  readonly size: number;
  /** `sha256:<hex>` of the file. */
  readonly diffId: string;
}

/** The layers of all build images, made from the same inputs. */
export interface LayerSet {
  /** A hash over everything that decides their content. */
  readonly key: string;
  readonly layers: Readonly<Record<LayerName, CachedLayer>>;
}

// Raise when the way of making a layer changes.
const recipe = 3;

/**
 * The layers of build images out of the cache, or made now: some five seconds, once per machine, Node and set of packages.
 *
 * @throws COMMAND_NOT_FOUND with the remedy when Engine 26 is not installed
 */
export async function cachedLayers(env: NodeJS.ProcessEnv = process.env): Promise<LayerSet> {
  const tree = installedTree('26', env);
  const olderTree = installedTree('20.10', env);
  const key = await layerKey();
  const directory = join(cacheDirectory(env), `build-image-${key}`);
  const list = join(directory, 'layers.json');
  const read = async () => JSON.parse(await readFile(list, 'utf8')) as Record<LayerName, Omit<CachedLayer, 'file'>>;
  if (!existsSync(list)) {
    await withFileLock(join(cacheDirectory(env), 'build-image.lock'), async () => {
      if (!existsSync(list)) await makeLayers(tree, olderTree, directory);
    });
  }
  const sizes = await read();
  const layer = (name: LayerName): CachedLayer => ({ ...sizes[name], file: join(directory, `${name}.tar`) });
  const layers = Object.fromEntries((Object.keys(sizes) as LayerName[]).map((name) => [name, layer(name)]));
  return { key, layers: layers as Record<LayerName, CachedLayer> };
}

async function layerKey(): Promise<string> {
  const { size, mtimeMs } = await stat(process.execPath);
  const sets = [packageSets['26'], packageSets['20.10']].map(packageSetKey);
  const inputs = [recipe, ...sets, process.version, process.execPath, size, mtimeMs];
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 12);
}

async function makeLayers(tree: string, olderTree: string, directory: string): Promise<void> {
  const work = `${directory}.unfinished`;
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  const triplet = basename(libraryDirectories(tree)[0] ?? '');
  const plans = layerPlans(triplet);
  const made: Partial<Record<LayerName, Omit<CachedLayer, 'file'>>> = {};
  for (const name of Object.keys(plans) as LayerName[]) {
    const staged = join(work, name);
    const file = join(work, `${name}.tar`);
    await mkdir(staged);
    const { paths, without = [] } = plans[name];
    if (paths.length > 0) {
      const patterns = without.map((pattern) => `--exclude=${pattern}`);
      await runCommand('tar', ['--create', '--file', file, '--anchored', ...patterns, '-C', tree, ...paths]);
      await runCommand('tar', ['--extract', '--file', file, '-C', staged]);
    }
    await stageLayer[name]({ tree, olderTree, libraries: `usr/lib/${triplet}`, directory: staged });
    await runCommand('tar', [
      ...['--create', '--file', file, '--format=gnu', '--sort=name', '--mtime=@0'],
      ...['--owner=0', '--group=0', '--numeric-owner', '-C', staged, '.'],
    ]);
    await rm(staged, { recursive: true });
    made[name] = { size: (await stat(file)).size, diffId: await digestOf(file) };
  }
  await writeFile(join(work, 'layers.json'), JSON.stringify(made));
  await rename(work, directory);
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return `sha256:${hash.digest('hex')}`;
}
