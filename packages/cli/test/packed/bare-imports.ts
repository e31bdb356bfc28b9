import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import type { PackedPackage } from './pack-packages.js';

/** Yarn offers it where its PnP is at work; esbuild asks whether it does. */
const offeredByYarn = 'pnpapi';

/** How a script has modules imported by who starts it, and how the place of a package is asked for. */
const asked = /(?:\b__import\(|\.resolve\((?=["']@dock\/))["']([^"']+)["']\)/g;

/** The packages that the code of a packed package imports, wherever in it, by `require` as well, and by asking for it. */
export async function importsOfCode({ directory }: PackedPackage): Promise<ReadonlySet<string>> {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const entryPoints = files.filter((file) => /\.[cm]?js$/.test(file)).map((file) => join(directory, file));
  const { metafile } = await build({
    entryPoints,
    absWorkingDir: directory,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    outdir: join(directory, 'nowhere'),
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  const external = Object.values(metafile.outputs).flatMap(({ imports }) => imports.filter((each) => each.external));
  const others = entryPoints.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(asked)].flatMap(([, specifier]) => specifier ?? []),
  );
  return packagesOf([...external.map(({ path }) => path), ...others].filter((path) => path !== offeredByYarn));
}

/** The packages that the types of a packed package import, as far as they can be seen from outside. */
export function importsOfTypes({ directory, manifest }: PackedPackage): ReadonlySet<string> {
  const entries = Object.values(manifest.exports ?? {}).flatMap((each) =>
    typeof each === 'string' ? [] : (each['types'] ?? []),
  );
  const queue = entries.map((entry) => join(directory, entry));
  const seen = new Set<string>();
  const found: string[] = [];
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    if (seen.has(file)) continue;
    seen.add(file);
    const text = readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '');
    for (const [, specifier = ''] of text.matchAll(/(?:\bfrom|\bimport\()\s*["']([^"'\s]+)["']/g)) {
      if (!specifier.startsWith('.')) found.push(specifier);
      else queue.push(join(dirname(file), specifier.replace(/\.([cm]?)js$/, '.d.$1ts')));
    }
  }
  return packagesOf(found);
}

function packagesOf(specifiers: readonly string[]): ReadonlySet<string> {
  const bare = specifiers.filter((each) => !each.startsWith('.') && !isBuiltin(each));
  return new Set(bare.map((each) => /^(?:@[^/]+\/)?[^/]+/.exec(each)?.[0] ?? each));
}

/** The packages that a package may import. */
export function declaredBy({ manifest }: PackedPackage): ReadonlySet<string> {
  const { name, dependencies, optionalDependencies, peerDependencies } = manifest;
  return new Set([name, ...Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })]);
}

/** Name and version of everything whose licence a packed package has with it. */
export function noticesOf({ directory }: PackedPackage): readonly string[] {
  const file = join(directory, 'THIRD-PARTY-NOTICES.txt');
  if (!existsSync(file)) return [];
  const sections = readFileSync(file, 'utf8')
    .split(/\n-{80}\n/)
    .slice(1);
  return sections.map((section) => /^\s*(\S+) (\S+)/.exec(section)?.[1] ?? '');
}
