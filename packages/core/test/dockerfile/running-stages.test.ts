import { expect, test } from '@jest/globals';
import { parseDockerfile } from '../../src/index.js';
import { runningStages } from '../../src/dockerfile/running-stages.js';

const variables = { targetPlatform: 'linux/arm64', buildPlatform: 'linux/amd64' };
const of = (text: string, more: object = {}, contexts: Record<string, string> = {}): string[] =>
  runningStages(parseDockerfile(text), { ...variables, ...more }, contexts).map(
    ({ platform, line }) => `${platform} ${line}`,
  );

test.each([
  ['its own FROM', 'FROM --platform=$BUILDPLATFORM a\nCOPY x /x\nRUN make\n', ['linux/amd64 3']],
  ['the image, where it says none', 'FROM a\nRUN make\nRUN test\n', ['linux/arm64 2']],
  ['the stage that it stands on', 'FROM --platform=linux/s390x a AS one\nFROM one\nRUN make\n', ['linux/s390x 3']],
  ['its own FROM over that stage', 'FROM a AS one\nFROM --platform=linux/386 one\nRUN make\n', ['linux/386 3']],
  ['nothing, where nothing runs', 'FROM a\nCOPY x /x\n', []],
  [
    'both, where the target needs both',
    'FROM a AS one\nRUN 1\nFROM --platform=$BUILDPLATFORM b\nRUN 2\nCOPY --from=one /x /x\n',
    ['linux/arm64 2', 'linux/amd64 4'],
  ],
  [
    'the one that the target needs',
    'FROM a AS one\nRUN 1\nFROM --platform=$BUILDPLATFORM b\nRUN 2\n',
    ['linux/amd64 4'],
  ],
  ['nobody knows what', 'FROM --platform=$UNKNOWN a\nRUN make\n', ['linux/arm64 2']],
])('a stage runs on %s', (_, text, expected) => {
  expect(of(text)).toEqual(expected);
});

test('a stage that a named context stands for does not run', () => {
  const text = 'FROM a AS one\nRUN 1\nFROM --platform=$BUILDPLATFORM b\nCOPY --from=one /x /x\n';
  expect(of(text)).toEqual(['linux/arm64 2']);
  expect(of(text, {}, { one: 'docker-image://c' })).toEqual([]);
});

test('only the stages of the target count', () => {
  expect(of('FROM a AS one\nCOPY x /x\nFROM one\nRUN make\n', { target: 'one' })).toEqual([]);
});
