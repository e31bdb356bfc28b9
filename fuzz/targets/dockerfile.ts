import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  addLabel,
  decodeDockerfile,
  encodeDockerfile,
  finalLabels,
  formatDockerfile,
  insertInstruction,
  onbuildTriggers,
  parseDockerfile,
  pinFrom,
  processWord,
  replaceInstruction,
  resolveBases,
  type Dockerfile,
} from '../../packages/core/src/index.js';
import { anyText, bytes, mutated, wordSoup } from '../arbitraries.js';
import { fuzzTarget, orDockError } from '../fuzz-target.js';
import { shapeDockerfiles, vectorInputs } from './seeds.js';

const words = [
  'FROM',
  ' AS ',
  'a',
  'b:1',
  ' ',
  '\t',
  '\n',
  '\r\n',
  '\\',
  '\\\n',
  '`',
  '#',
  '# escape=`\n',
  '# syntax=x/y\n',
  '# check=skip\n',
  'RUN',
  'COPY',
  '--from=',
  '--mount=type=bind,from=',
  '--platform=',
  'ARG',
  'ENV',
  'LABEL',
  'ONBUILD',
  'CMD',
  '["a"]',
  '[',
  '"',
  "'",
  '=',
  '$',
  '${',
  '}',
  ':-',
  ':+',
  '##',
  '%',
  '/',
  '//',
  '<<',
  '<<-',
  'EOF',
  '<<EOF',
  '\nEOF\n',
  '\ufeff',
  '\u0085',
  '\u2028',
  '\0',
  '$TARGETPLATFORM',
  'scratch',
  '0',
  '--',
  '{',
  '@',
];
const seeds = [
  ...shapeDockerfiles(),
  ...vectorInputs('core/test/vectors/dockerfile-parser.json', ['parse_ok', 'parse_error', 'line_numbers']),
  ...vectorInputs('core/test/vectors/dockerfile-parse-python.json'),
];
const dockerfileText = fc.oneof({ weight: 4, arbitrary: mutated(seeds, words) }, wordSoup(words, 40));
const builder = fc.constantFrom('auto' as const, 'buildkit' as const, 'classic' as const);

export const dockerfileParse = fuzzTarget({
  name: 'dockerfile-parse',
  input: fc.record({ text: dockerfileText, builder }),
  check({ text, builder: choice }) {
    const dockerfile = orDockError(() => parseDockerfile(text, { builder: choice }));
    if (dockerfile === undefined) return;
    assert.equal(formatDockerfile(dockerfile), text);
    JSON.parse(JSON.stringify(dockerfile));
    let line = 0;
    for (const instruction of dockerfile.instructions) {
      assert.ok(instruction.startLine > line && instruction.endLine >= instruction.startLine);
      line = instruction.endLine;
    }
    assert.deepEqual(parseDockerfile(formatDockerfile(dockerfile), { builder: choice }), dockerfile);
  },
});

export const dockerfileBytes = fuzzTarget({
  name: 'dockerfile-bytes',
  input: fc.oneof(
    bytes(200),
    fc
      .tuple(fc.constantFrom(...seeds), bytes(12))
      .map(([text, more]) => Buffer.concat([Buffer.from(text), Buffer.from(more, 'base64')]).toString('base64')),
  ),
  check(base64) {
    const raw = Buffer.from(base64, 'base64');
    const text = decodeDockerfile(raw);
    assert.deepEqual(Buffer.from(encodeDockerfile(text)), raw);
    const dockerfile = orDockError(() => parseDockerfile(text));
    if (dockerfile !== undefined) assert.deepEqual(Buffer.from(encodeDockerfile(formatDockerfile(dockerfile))), raw);
  },
});

/** The lines that an edit left as they were, from either end. */
function assertOnly(dockerfile: Dockerfile, edited: string, index: number): void {
  const before = dockerfile.instructions
    .slice(0, index)
    .map(({ leading, raw }) => leading + raw)
    .join('');
  const after =
    dockerfile.instructions
      .slice(index + 1)
      .map(({ leading, raw }) => leading + raw)
      .join('') + dockerfile.trailing;
  assert.ok(edited.startsWith(before), 'something before the edit has changed');
  assert.ok(edited.endsWith(after), 'something after the edit has changed');
}

export const dockerfileEdit = fuzzTarget({
  name: 'dockerfile-edit',
  input: fc.record({
    text: dockerfileText,
    at: fc.nat({ max: 20 }),
    instruction: fc.oneof(fc.constantFrom('RUN true', 'ENV a=b', 'RUN <<E\nx\nE'), wordSoup(words)),
    label: fc.record({ name: anyText, value: anyText }),
  }),
  check({ text, at, instruction, label }) {
    const dockerfile = orDockError(() => parseDockerfile(text));
    if (dockerfile === undefined || !dockerfile.frontend.isKnown) return;
    const count = dockerfile.instructions.length;
    const index = at % count;
    const replaced = orDockError(() => replaceInstruction(dockerfile, index, instruction));
    if (replaced !== undefined) assertOnly(dockerfile, replaced, index);
    const inserted = orDockError(() => insertInstruction(dockerfile, instruction, index));
    if (inserted !== undefined) {
      const again = orDockError(() => parseDockerfile(inserted));
      if (again !== undefined) assert.equal(again.instructions.length, count + 1);
    }
    const stage = at % dockerfile.stages.length;
    const image = `registry.example.com/pinned:1@sha256:${'0'.repeat(64)}`;
    const pinned = pinFrom(dockerfile, [{ stage, image }]);
    const pinnedAgain = parseDockerfile(pinned);
    const wanted = dockerfile.stages.map((each) => (each.index === stage ? image : each.base));
    assert.deepEqual(
      pinnedAgain.stages.map(({ base }) => base),
      wanted,
    );
    assert.deepEqual(
      pinnedAgain.stages.map(({ name }) => name),
      dockerfile.stages.map(({ name }) => name),
    );
    const from = dockerfile.stages[stage]?.from;
    if (from !== undefined) assertOnly(dockerfile, pinned, dockerfile.instructions.indexOf(from));
    const labelled = orDockError(() => addLabel(dockerfile, { [label.name]: label.value }));
    if (labelled === undefined) return;
    const labels = finalLabels(parseDockerfile(labelled));
    assert.equal(Object.hasOwn(labels.labels, label.name) ? labels.labels[label.name] : undefined, label.value);
  },
});

export const dockerfileResolve = fuzzTarget({
  name: 'dockerfile-resolve',
  input: fc.record({
    text: dockerfileText,
    builder,
    buildArgs: fc.dictionary(
      fc.constantFrom('A', 'BASE', 'BUILDKIT_SYNTAX', 'TARGETPLATFORM', '__proto__'),
      fc.constantFrom('', 'x', 'a:1', '$A', '${A}'),
      { noNullPrototype: true },
    ),
    onbuild: fc.array(wordSoup(words, 6), { maxLength: 3 }),
    platform: fc.option(fc.constantFrom('linux/amd64', 'linux/arm/v7', '//', '')),
  }),
  check({ text, builder: choice, buildArgs, onbuild, platform }) {
    orDockError(() => onbuildTriggers(onbuild, '"x"'));
    const dockerfile = orDockError(() => parseDockerfile(text, { buildArgs, builder: choice }));
    if (dockerfile === undefined) return;
    const options = {
      buildArgs,
      builder: choice,
      onbuild: () => onbuild,
      ...(platform === null ? {} : { targetPlatform: platform, buildPlatform: platform }),
    };
    const resolved = orDockError(() => resolveBases(dockerfile, options));
    for (const base of resolved?.bases ?? [])
      assert.notEqual(base.reference === undefined, base.unresolved === undefined);
    orDockError(() => finalLabels(dockerfile, { ...options, baseEnv: { A: '1' } }));
  },
});

const wordWords = [
  '$',
  '${',
  '}',
  'A',
  'B',
  ':-',
  ':+',
  ':?',
  '-',
  '+',
  '?',
  '#',
  '##',
  '%',
  '%%',
  '/',
  '//',
  '\\',
  '"',
  "'",
  '*',
  '*a',
  '[',
  ']',
  '?',
  'é',
  ' ',
  '{',
  '$A',
  '${A%*a*a*a*a*b}',
];

export const shellWord = fuzzTarget({
  name: 'shell-word',
  input: fc.record({
    word: fc.oneof(wordSoup(wordWords, 24), mutated(['${A:-x}', '${A#a*}', '${A//b/c}', '"$A"\'$B\''], wordWords)),
    value: fc.oneof(anyText, fc.constantFrom('a'.repeat(100), '/'.repeat(100), `${'ab'.repeat(60)}c`)),
    escape: fc.constantFrom('\\', '`'),
  }),
  check({ word, value, escape }) {
    const env = { A: value };
    const text = orDockError(() => processWord(word, env, escape));
    if (text !== undefined && !/[$\\`"']/.test(word)) assert.equal(text, word);
  },
});
