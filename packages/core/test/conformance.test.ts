import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { dockerfileParsePythonRunners, dockerfileParserRunners } from './conformance/dockerfile.js';
import { buildkitGitRunners, dockerCliRunners } from './conformance/git-source.js';
import { ownFiles, planVectors } from './conformance/plan-vectors.js';
import { digestRunners, referenceRunners } from './conformance/reference.js';

const directory = join(import.meta.dirname, 'vectors');

const sets = planVectors({
  directory,
  runners: {
    'reference.json': referenceRunners,
    'digest.json': digestRunners,
    'dockerfile-parser.json': dockerfileParserRunners,
    'dockerfile-parse-python.json': dockerfileParsePythonRunners,
    'buildkit-git.json': buildkitGitRunners,
    'docker-cli.json': dockerCliRunners,
  },
  notApplicable: [
    {
      file: 'reference.json',
      set: 'Parse',
      input: `xn--7o8h.com/myimage:xn--7o8h.com@sha512:${'f'.repeat(128)}`,
      expected: { error: 'ErrDigestUnsupported' },
      reason: 'upstream refuses sha512 only because its test does not import the algorithm; dock supports it',
    },
    {
      file: 'dockerfile-parser.json',
      set: 'shell_envVar',
      input: 'he$pwd.',
      expected: 'he/home.',
      reason: 'upstream expects it on Windows only, where names of variables have no case',
    },
    {
      file: 'dockerfile-parser.json',
      set: 'shell_envVar',
      input: '안녕$pwd.',
      expected: '안녕/home.',
      reason: 'upstream expects it on Windows only, where names of variables have no case',
    },
  ],
  otherSets: {
    'docker-cli.json/ConvertToHostname': 'credentials are read by @dock/engine, whose conformance test has it',
    'docker-cli.json/insecure_registries': 'registries are read by @dock/engine, whose conformance test has it',
  },
});

test.each(ownFiles('core'))("the repository's copy of %s names its source and its licence", (file) => {
  const { source } = JSON.parse(readFileSync(join(directory, file), 'utf8')) as { source: unknown };
  expect(source).toMatchObject({ repo: expect.any(String), commit: expect.any(String), licence: expect.any(String) });
});

describe.each(sets)('$title', ({ tests }) => {
  test.each(tests)('$title', async ({ run }) => {
    await run();
    expect.hasAssertions();
  });
});
