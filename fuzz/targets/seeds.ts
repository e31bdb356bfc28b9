import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { dirname, join } from 'node:path';

/** The repository's packages, from the sources as from the fuzzer's bundle. */
function packagesDirectory(): string {
  let at = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(at, 'pnpm-workspace.yaml'))) at = dirname(at);
  return join(at, 'packages');
}
const packages = packagesDirectory();

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(stringsIn);
}

/** Every text among the inputs of a file of upstream test vectors. */
export function vectorInputs(path: string, sets?: readonly string[]): string[] {
  const file = JSON.parse(readFileSync(join(packages, path), 'utf8')) as {
    readonly sets: Readonly<Record<string, { readonly cases: readonly { readonly input: unknown }[] }>>;
  };
  const cases = Object.entries(file.sets).flatMap(([name, set]) =>
    sets === undefined || sets.includes(name) ? set.cases : [],
  );
  return [...new Set(cases.flatMap(({ input }) => stringsIn(input)))].filter((text) => text.length < 20_000);
}

/** The Dockerfiles of the engine's shapes. */
export function shapeDockerfiles(): string[] {
  const shapes = join(packages, 'engine/test/shapes');
  return readdirSync(shapes, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(shapes, entry.name, 'Dockerfile'))
    .filter((path) => existsSync(path))
    .map((path) => readFileSync(path, 'utf8'));
}
