import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { dockerfileParsePythonRunners, dockerfileParserRunners } from './conformance/dockerfile.js';
import { buildkitGitRunners, dockerCliRunners } from './conformance/git-source.js';
import { digestRunners, referenceRunners } from './conformance/reference.js';
import type { FileRunners, VectorCase, VectorFile } from './conformance/vector-file.js';

/** Vectors are read from the directory in `DOCK_VECTORS`; by default from the sample beside this test. */
const directory = process.env['DOCK_VECTORS'] ?? join(import.meta.dirname, 'vectors');

const runners: Readonly<Record<string, FileRunners>> = {
  'reference.json': referenceRunners,
  'digest.json': digestRunners,
  'dockerfile-parser.json': dockerfileParserRunners,
  'dockerfile-parse-python.json': dockerfileParsePythonRunners,
  'buildkit-git.json': buildkitGitRunners,
  'docker-cli.json': dockerCliRunners,
};

/** Cases that are not ours to pass, each with the reason. A case is listed as it stands, so that another of its name still runs. */
const notApplicable: readonly {
  readonly file: string;
  readonly set: string;
  readonly one: VectorCase;
  readonly reason: string;
}[] = [
  {
    file: 'reference.json',
    set: 'Parse',
    one: {
      input: `xn--7o8h.com/myimage:xn--7o8h.com@sha512:${'f'.repeat(128)}`,
      expected: { error: 'ErrDigestUnsupported' },
    },
    reason: 'upstream refuses sha512 only because its test does not import the algorithm; dock supports it',
  },
];

/** Sets that are another package's to pass, each with the reason. */
const otherSets: Readonly<Record<string, string>> = {
  'docker-cli.json/ConvertToHostname': 'credentials are read by @dock/engine, whose conformance test has it',
  'docker-cli.json/insecure_registries': 'registries are read by @dock/engine, whose conformance test has it',
};

const files = readdirSync(directory).filter((file) => Object.hasOwn(runners, file));

function titleOf({ name, input }: VectorCase): string {
  const title = name ?? JSON.stringify(input) ?? '';
  return title.length > 100 ? `${title.slice(0, 100)}… (${title.length} characters)` : title;
}

test('the directory holds vector files for this package', () => {
  expect(files.length).toBeGreaterThan(0);
});

describe.each(files)('%s', (file) => {
  const { sets, source } = JSON.parse(readFileSync(join(directory, file), 'utf8')) as VectorFile;

  test('names its source and its licence', () => {
    expect(source).toMatchObject({ repo: expect.any(String), commit: expect.any(String), licence: expect.any(String) });
  });

  describe.each(Object.keys(sets).filter((set) => !Object.hasOwn(otherSets, `${file}/${set}`)))('%s', (set) => {
    const listed = notApplicable.filter((entry) => entry.file === file && entry.set === set);
    const cases = sets[set]?.cases ?? [];
    const applicable = cases.filter(
      (one) => !listed.some(({ one: other }) => isDeepStrictEqual({ input: one.input, expected: one.expected }, other)),
    );

    test('has a runner and cases', () => {
      expect(Object.keys(runners[file] ?? {})).toContain(set);
      expect(cases.length).toBeGreaterThan(0);
    });

    test.each(applicable.map((one) => [titleOf(one), one] as const))('%s', async (_title, one) => {
      await runners[file]?.[set]?.(one);
      expect.hasAssertions();
    });
  });
});
