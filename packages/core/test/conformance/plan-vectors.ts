import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expect } from '@jest/globals';
import { field, type FileRunners, type NotApplicable, type VectorCase } from './vector-file.js';

/** What one package can be asked by vectors. */
export interface VectorSuite {
  /** The repository's own copy of the vectors for this package; `DOCK_VECTORS` names another directory. */
  readonly directory: string;
  /** By the name of the file. */
  readonly runners: Readonly<Record<string, FileRunners>>;
  readonly notApplicable: readonly NotApplicable[];
  /** Whole sets (`file/set`) that say nothing about this package, each with its reason. */
  readonly otherSets: Readonly<Record<string, string>>;
}

/** The cases of one set of one file, to be run as tests. What is not understood becomes a test that fails. */
export interface PlannedSet {
  readonly title: string;
  readonly tests: readonly { readonly title: string; readonly run: () => void | Promise<void> }[];
}

/** Which package reads which file. */
const owners: Readonly<Record<string, readonly string[]>> = {
  'buildkit-git.json': ['core'],
  'credential-helper-urls.json': ['engine'],
  'digest.json': ['core'],
  'docker-cli.json': ['core', 'engine'],
  'docker-hosts.json': ['engine'],
  'dockerfile-parse-python.json': ['core'],
  'dockerfile-parser.json': ['core'],
  'go-units.json': ['cli'],
  'oci-image-spec.json': ['engine'],
  'patternmatcher.json': ['engine'],
  'reference.json': ['core'],
  'registry-auth.json': ['engine'],
  'tar-breakout.json': ['engine'],
};

/** Reads the vectors that there are for a package. A directory may hold only some of the files, and files that are no vectors at all. */
export function planVectors(suite: VectorSuite): PlannedSet[] {
  const given = process.env['DOCK_VECTORS'];
  const directory = given === undefined || given === '' ? suite.directory : resolve(given);
  const files = readdirSync(directory).filter((file) => file.endsWith('.json'));
  const strangers = files.filter((file) => !Object.hasOwn(owners, file) && hasSets(join(directory, file)));
  const planned = files
    .filter((file) => Object.hasOwn(suite.runners, file))
    .flatMap((file) => planFile(suite, file, join(directory, file)));
  const all = [
    ...(strangers.length === 0 ? [] : [failing('files', `nothing reads ${strangers.join(', ')}`)]),
    ...planned.filter(({ tests }) => tests.length > 0),
  ];
  const nothing = { title: 'holds no vectors for this package', run: () => expect(planned).toEqual([]) };
  return all.length > 0 ? all : [{ title: 'the directory', tests: [nothing] }];
}

function planFile(suite: VectorSuite, file: string, path: string): PlannedSet[] {
  let sets: unknown;
  try {
    sets = field(JSON.parse(readFileSync(path, 'utf8')), 'sets');
  } catch (error) {
    return [failing(file, error instanceof Error ? error.message : String(error))];
  }
  if (typeof sets !== 'object' || sets === null) return [failing(file, 'the file has no "sets"')];
  return Object.entries(sets).flatMap(([set, value]) => {
    const name = `${file}/${set}`;
    if (Object.hasOwn(suite.otherSets, name)) return [];
    const cases = field(value, 'cases');
    const run = Object.hasOwn(suite.runners[file] ?? {}, set) ? suite.runners[file]?.[set] : undefined;
    if (run === undefined) return [failing(name, 'nothing runs this set')];
    if (!Array.isArray(cases) || cases.length === 0) return [failing(name, 'the set has no cases')];
    const listed = suite.notApplicable.filter((entry) => entry.file === file && entry.set === set);
    return [
      {
        title: name,
        tests: cases.flatMap((one: unknown, index) => {
          if (!isCase(one))
            return { title: `case ${index}`, run: fail(`no "input" or no "expected": ${JSON.stringify(one)}`) };
          if (listed.some(({ input, expected }) => isDeepStrictEqual([one.input, one.expected], [input, expected])))
            return [];
          return { title: titleOf(one), run: () => run(one) };
        }),
      },
    ];
  });
}

/** Whether a file that nobody reads looks like vectors. */
function hasSets(path: string): boolean {
  return /"sets"\s*:/.test(readFileSync(path, 'utf8'));
}

function isCase(one: unknown): one is VectorCase {
  return typeof one === 'object' && one !== null && Object.hasOwn(one, 'input') && Object.hasOwn(one, 'expected');
}

function titleOf({ name, input }: VectorCase): string {
  const title = typeof name === 'string' ? name : JSON.stringify(input);
  return title.length > 100 ? `${title.slice(0, 100)}… (${title.length} characters)` : title;
}

function failing(title: string, reason: string): PlannedSet {
  return { title, tests: [{ title: 'is understood', run: fail(reason) }] };
}

function fail(reason: string): () => never {
  return () => {
    throw new Error(reason);
  };
}

/** The files of the repository's own copy that this package must have. */
export function ownFiles(packageName: string): readonly string[] {
  return Object.keys(owners).filter((file) => owners[file]?.includes(packageName) === true);
}
