import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ownFiles, planVectors } from '../../core/test/conformance/plan-vectors.js';
import { inputText, type CaseRunner } from '../../core/test/conformance/vector-file.js';
import { ramInBytes } from '../src/request/parse-bytes.js';

const readsSize: CaseRunner = (one) => {
  expect(ramInBytes(inputText(one)) ?? { error: true }).toEqual(one.expected);
};

const sets = planVectors({
  directory: join(import.meta.dirname, 'vectors'),
  runners: { 'go-units.json': { RAMInBytes: readsSize } },
  notApplicable: [],
  otherSets: {
    'go-units.json/FromHumanSize':
      'no option of dock takes a size in decimal units; --memory and --shm-size are binary',
    'go-units.json/BytesSize': 'dock writes no size by this rule',
    'go-units.json/HumanSize':
      'dock writes sizes with one digit after the point, so that a growing number keeps its width',
    'go-units.json/HumanDuration': 'dock prints times to the tenth of a second, never "about a minute"',
  },
});

test.each(ownFiles('cli'))("the repository's copy of %s names its source and its licence", (file) => {
  const { source } = JSON.parse(readFileSync(join(import.meta.dirname, 'vectors', file), 'utf8')) as {
    source: unknown;
  };
  expect(source).toMatchObject({ repo: expect.any(String), commit: expect.any(String), licence: expect.any(String) });
});

describe.each(sets)('$title', ({ tests }) => {
  test.each(tests)('$title', async ({ run }) => {
    await run();
    expect.hasAssertions();
  });
});
