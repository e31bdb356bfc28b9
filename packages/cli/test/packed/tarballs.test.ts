import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { declaredBy, importsOfCode, importsOfTypes, noticesOf } from './bare-imports.js';
import { type Manifest, type PackedPackage, packPackages, repository } from './pack-packages.js';
import { runProgram } from './run-program.js';

const names = readdirSync(join(repository, 'packages'));
let directory: string;
let packages: ReadonlyMap<string, PackedPackage>;

beforeAll(async () => {
  const packed = await packPackages();
  ({ directory } = packed);
  packages = new Map(packed.packages.map((each) => [each.manifest.name, each]));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const packageOf = (name: string): PackedPackage => {
  const found = packages.get(`@dock/${name}`);
  if (found === undefined) throw new Error(`@dock/${name} was not packed`);
  return found;
};

describe.each(names)('the packed @dock/%s', (name) => {
  test('imports what it declares, and nothing else', async () => {
    const each = packageOf(name);
    const declared = declaredBy(each);
    const imported = new Set([...(await importsOfCode(each)), ...importsOfTypes(each)]);
    expect([...imported].filter((one) => !declared.has(one))).toEqual([]);
    expect(Object.keys(each.manifest.dependencies ?? {}).filter((one) => !imported.has(one))).toEqual([]);
  });

  test('names its dependencies by version, has what its exports and its command name, its licence, and no script', () => {
    const { manifest, directory: unpacked } = packageOf(name);
    const wanted = { ...manifest.dependencies, ...manifest.optionalDependencies };
    expect(Object.values(wanted).filter((version) => !/^\d+\.\d+\.\d+/.test(version))).toEqual([]);
    const exported = Object.values(manifest.exports ?? {}).flatMap((each) =>
      typeof each === 'string' ? each : Object.values(each),
    );
    const files = [...exported, ...Object.values(manifest.bin ?? {}), 'LICENSE'];
    expect(files.filter((file) => !existsSync(join(unpacked, file)))).toEqual([]);
    expect(Object.keys(manifest.scripts ?? {}).filter((script) => /install|prepare|prepack/.test(script))).toEqual([]);
  });
});

test('npm pack is refused with the word that says why, in every package', async () => {
  const { status, stderr } = await runProgram('npm', ['pack', '--dry-run'], {
    cwd: join(repository, 'packages', 'core'),
  });
  expect(status).not.toBe(0);
  expect(stderr).toContain('@dock/core is packed by pnpm: "pnpm pack" writes the versions of the workspace');
  const scripts = names.map((name) => {
    const text = readFileSync(join(repository, 'packages', name, 'package.json'), 'utf8');
    return (JSON.parse(text) as Manifest).scripts?.['prepack'];
  });
  expect(new Set(scripts)).toEqual(new Set(['node ../../.ci/refuse-npm-pack.mjs']));
});

test.each([
  ['core', ['semver', 'simple-git', 'tapable', 'zod']],
  ['buildkit', ['@bufbuild/protobuf']],
  ['engine', ['dockerode', 'tar-stream']],
  ['build-container', ['esbuild']],
  ['cli', ['@oclif/core', 'cosmiconfig', 'picocolors']],
  ['api', ['dockerode', 'semver', 'simple-git', 'tapable', 'tar-stream', 'zod']],
] as const)('@dock/%s has the notices of what is inside: %j', (name, inside) => {
  const each = packageOf(name);
  expect(noticesOf(each)).toEqual(expect.arrayContaining([...inside]));
  expect(readFileSync(join(each.directory, 'THIRD-PARTY-NOTICES.txt'), 'utf8')).not.toContain('no licence file');
});

test('nothing is inside of what dock never uses of dockerode', () => {
  const names = [...packages.values()].flatMap(noticesOf);
  expect(names.filter((each) => /ssh|cpu-features|protobufjs|grpc|docker-modem/.test(each))).toEqual([]);
});

test('the starter of esbuild has every platform of esbuild', () => {
  const esbuild = JSON.parse(readFileSync(join(repository, 'node_modules', 'esbuild', 'package.json'), 'utf8')) as {
    readonly optionalDependencies: object;
  };
  expect(packageOf('build-container').manifest.optionalDependencies).toEqual(esbuild.optionalDependencies);
});
