import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  addLabel,
  finalLabels,
  insertInstruction,
  isDockError,
  parseDockerfile,
  pinFrom,
  replaceInstruction,
  resolveBases,
} from '../../src/index.js';
import { dockerfileText } from './dockerfile-text.js';

const sha = `sha256:${'0a'.repeat(32)}`;

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isDockError(error)) return error.code;
    throw error;
  }
  return 'nothing was thrown';
}

/** Each instruction's bytes but the ones at the given indexes. */
function others(text: string, ...without: readonly number[]): string[] {
  return parseDockerfile(text).instructions.flatMap(({ leading, raw }, index) =>
    without.includes(index) ? [] : [leading + raw],
  );
}

describe('pinFrom', () => {
  test.each([
    ['FROM a\n', 'FROM NEW\n'],
    [
      'from  --platform=$BUILDPLATFORM   a   AS b # x'.replace(' # x', '\n'),
      'from  --platform=$BUILDPLATFORM   NEW   AS b\n',
    ],
    ['FROM \\\n  # why\n  a \\\n  AS b\nRUN a\n', 'FROM \\\n  # why\n  NEW \\\n  AS b\nRUN a\n'],
    ['FROM ubu\\\nntu AS b\n', 'FROM NEW AS b\n'],
    ['\ufeffFROM a AS a\r\nRUN a\r\n', '\ufeffFROM NEW AS a\r\nRUN a\r\n'],
    ['ARG V=1\nFROM x:${V:-2}\n', 'ARG V=1\nFROM NEW\n'],
    ['# escape=`\nFROM `\n a`\n  AS x', '# escape=`\nFROM `\n NEW`\n  AS x'],
    ['FROM --platform=a a AS a', 'FROM --platform=a NEW AS a'],
    ['  FROM "a"', '  FROM NEW'],
  ])('of %j gives %j', (text, expected) => {
    expect(pinFrom(parseDockerfile(text), [{ stage: 0, image: 'NEW' }])).toBe(expected);
  });

  test('changes only the FROM lines it was told to', () => {
    fc.assert(
      fc.property(dockerfileText, fc.nat(2), (text, wanted) => {
        const dockerfile = parseDockerfile(text);
        const stage = wanted % dockerfile.stages.length;
        const from = dockerfile.stages[stage]?.from;
        if (from === undefined) throw new Error('no such stage');
        const at = dockerfile.instructions.indexOf(from);
        const image = `reg.io/pinned:1@${sha}`;
        const edited = pinFrom(dockerfile, [{ stage, image }]);
        expect(others(edited, at)).toEqual(others(text, at));
        expect(parseDockerfile(edited).stages.map(({ base }) => base)).toEqual(
          dockerfile.stages.map(({ base }, index) => (index === stage ? image : base)),
        );
        expect(parseDockerfile(edited).stages.map(({ name }) => name)).toEqual(
          dockerfile.stages.map(({ name }) => name),
        );
      }),
    );
  });

  test('several stages at once, so that the bases are the pinned ones', () => {
    const edited = pinFrom(parseDockerfile('FROM a AS x\nFROM b\nCOPY --from=x a b\n'), [
      { stage: 1, image: `b@${sha}` },
      { stage: 0, image: `a@${sha}` },
    ]);
    expect(resolveBases(parseDockerfile(edited)).bases.map(({ text }) => text)).toEqual([`a@${sha}`, `b@${sha}`]);
  });

  test('a stage that is not there is refused', () => {
    expect(codeOf(() => pinFrom(parseDockerfile('FROM a\n'), [{ stage: 1, image: 'b' }]))).toBe('INVALID_OPTION');
  });
});

describe('insertInstruction', () => {
  test.each([
    ['FROM a\nRUN x\n', 0, 'FROM a\nUSER u\nRUN x\n'],
    ['FROM a\r\nRUN x\r\n', 0, 'FROM a\r\nUSER u\r\nRUN x\r\n'],
    ['FROM a', 0, 'FROM a\nUSER u'],
    ['FROM a\n', 0, 'FROM a\nUSER u\n'],
    ['FROM a\n# end', 0, 'FROM a\nUSER u\n# end'],
    ['FROM a\nRUN x \\', 1, 'FROM a\nRUN x \nUSER u'],
    ['FROM a \\\n\n# c\n', 0, 'FROM a \nUSER u\n'],
    ['FROM a\nRUN <<E\nx\nE', 1, 'FROM a\nRUN <<E\nx\nE\nUSER u'],
  ])('into %j after %i gives %j', (text, after, expected) => {
    expect(insertInstruction(parseDockerfile(text), 'USER u', after)).toBe(expected);
  });

  test('before all others it stays behind the directives', () => {
    expect(insertInstruction(parseDockerfile('# escape=`\nFROM a\n'), 'ARG X', -1)).toBe('# escape=`\nARG X\nFROM a\n');
    expect(insertInstruction(parseDockerfile('\ufeffFROM a\n'), 'ARG X', -1)).toBe('\ufeffARG X\nFROM a\n');
  });

  test.each(['RUN x\nRUN y', 'RUN x \\', 'RUN <<E', '# comment', ''])(
    'refuses %j, which is not one complete instruction',
    (instruction) => {
      const dockerfile = parseDockerfile('FROM a\nRUN b\n');
      expect(codeOf(() => insertInstruction(dockerfile, instruction, 0))).toBe('INVALID_OPTION');
      expect(codeOf(() => replaceInstruction(dockerfile, 1, instruction))).toBe('INVALID_OPTION');
    },
  );

  test('refuses a place that is not there', () => {
    expect(codeOf(() => insertInstruction(parseDockerfile('FROM a\n'), 'USER u', 1))).toBe('INVALID_OPTION');
  });

  test('changes no other line', () => {
    fc.assert(
      fc.property(dockerfileText, fc.nat(), (text, wanted) => {
        const dockerfile = parseDockerfile(text);
        const after = wanted % dockerfile.instructions.length;
        fc.pre(after >= dockerfile.globalArgs.length);
        const edited = insertInstruction(dockerfile, 'RUN <<X\ninserted\nX', after);
        const [before, now] = [others(text), others(edited, after + 1)];
        // only the last instruction may gain a line end
        const kept = after < before.length - 1 ? before : before.map((one) => one.trimEnd());
        expect(after < before.length - 1 ? now : now.map((one) => one.trimEnd())).toEqual(kept);
      }),
    );
  });
});

describe('replaceInstruction', () => {
  test('takes all lines of the old one', () => {
    expect(replaceInstruction(parseDockerfile('FROM a\n# why\nRUN x \\\n  y\nCMD z'), 1, 'USER u')).toBe(
      'FROM a\n# why\nUSER u\nCMD z',
    );
  });

  test('changes no other line', () => {
    fc.assert(
      fc.property(dockerfileText, fc.nat(), (text, wanted) => {
        const dockerfile = parseDockerfile(text);
        const at = wanted % dockerfile.instructions.length;
        fc.pre(dockerfile.instructions[at]?.keyword !== 'FROM' && dockerfile.instructions[at]?.keyword !== 'ARG');
        const edited = replaceInstruction(dockerfile, at, 'USER u');
        expect(others(edited, at)).toEqual(others(text, at));
        expect(parseDockerfile(edited).instructions[at]).toMatchObject({
          keyword: 'USER',
          leading: dockerfile.instructions[at]?.leading,
        });
      }),
    );
  });
});

describe('addLabel', () => {
  test('goes to the end of the target', () => {
    const dockerfile = parseDockerfile('FROM a AS x\nRUN y\n\nFROM b\n');
    expect(addLabel(dockerfile, { k: 'v' }, 'x')).toBe('FROM a AS x\nRUN y\nLABEL "k"="v"\n\nFROM b\n');
    expect(addLabel(dockerfile, { k: 'v' })).toBe('FROM a AS x\nRUN y\n\nFROM b\nLABEL "k"="v"\n');
    expect(addLabel(dockerfile, {})).toBe(dockerfile.text);
  });

  test.each([{ 'a=b': 'c' }, { '': 'c' }, { a: 'b\nRUN evil' }, { 'a\nb': 'c' }])(
    'refuses %j, which no Dockerfile can say',
    (labels) => {
      expect(codeOf(() => addLabel(parseDockerfile('FROM a\n'), labels))).toBe('INVALID_OPTION');
    },
  );

  test('any other label reads back as it was given', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1 }).filter((one) => !/[=\r\n]/.test(one));
    const value = fc.string({ unit: 'grapheme' }).filter((one) => !/[\r\n]/.test(one));
    fc.assert(
      fc.property(
        fc.dictionary(name, value, { minKeys: 1, maxKeys: 3 }),
        fc.constantFrom('', '# escape=`\n'),
        (labels, head) => {
          const edited = addLabel(parseDockerfile(`${head}FROM scratch\nRUN x`), labels);
          expect(finalLabels(parseDockerfile(edited)).labels).toEqual({ ...labels });
        },
      ),
      { numRuns: 500 },
    );
  });
});
